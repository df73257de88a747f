"""Repeat a run exactly: as one command, and as a script that uses the public library alone.

Both come from the manifest: the file's name and digest, what was chosen about it, and all settings. A result is a
function of these, so whoever has the file and the same versions gets the same bits, on any master.
"""

import shlex
from typing import Any

from sparklime_core.data.provenance import Origin
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import RunError
from sparklime_core.explain.settings import ExplainerSettings
from sparklime_core.models.settings import ModelSettings
from sparklime_core.printable import printable
from sparklime_core.runs.inputs import MODEL_FILE
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run

_DELIMITERS = {"\t": "tab", " ": "space"}
_EXPLAIN = ("engine", "labels", "num_features", "num_samples", "seed")


def command_line(run: Run, out: str = "repeated") -> str:
    """Return the command that writes the same results into the folder `out`, for a shell like bash.

    Raises
    ------
    RunError
        When the run's table was no file, or a setting cannot be written on a command line.
    """
    manifest = run.manifest()
    origin, learnt_from = _origins(manifest)
    words = ["sparklime", "explain", _path(origin.file), f"--out={out}", f"--master={manifest.master}"]
    words += _reading(origin.options)
    if learnt_from is not origin:
        words.append(f"--trained-in={run.folder}")
    else:
        words += [f"--target={origin.target}", f"--task={origin.task}"]
        words += [f"--role={name}={role}" for name, role in origin.roles.items()]
        words += _model(run, manifest)
    words.append(f"--rows={manifest.selection}")
    for name in _EXPLAIN:
        value = getattr(manifest.explain, name)
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
        words.append(f"--{name.replace('_', '-')}={shown}")
    if manifest.explain.profiles:
        words.append("--profiles")
    if manifest.stability:
        words.append(f"--stability={manifest.stability}")
    explainer = {name: value for name, value in vars(manifest.explainer).items() if value is not None}
    words += [f"--{name.replace('_', '-')}={value}" for name, value in explainer.items()]
    return shlex.join(words)


def python_script(run: Run) -> str:
    """Return a Python script that writes the same ``explanations.parquet``, explaining in its own process.

    Raises
    ------
    RunError
        When the run's table was no file.
    """
    manifest = run.manifest()
    steps = [*_tables(manifest), _trained(run, manifest), _explainer(manifest), _rows(manifest)]
    code = "\n".join(steps)
    used = [name for name in (*_MADE, "explain_rows") if f"{name}(" in code or name == "explain_rows"]
    return _SCRIPT.format(
        title=repr(manifest.title),
        created=printable(manifest.created),
        versions=printable(", ".join(f"{name} {version}" for name, version in manifest.versions.items()), None),
        names="".join(f"    {name},\n" for name in sorted(used, key=lambda name: (name.islower(), name))),
        steps=code,
        explain=",\n    ".join(f"{name}={value!r}" for name, value in _explaining(manifest).items()),
    )


def _explaining(manifest: Manifest) -> dict[str, Any]:
    """Return the keywords of `explain_rows`."""
    profiles = {"profiles": True} if manifest.explain.profiles else {}
    return {name: getattr(manifest.explain, name) for name in _EXPLAIN} | profiles


_MADE = (
    "ExplainerSettings",
    "ModelSettings",
    "ReadOptions",
    "build_explainer",
    "load_model",
    "read_csv",
    "read_rows",
    "train_with",
)
"""What a script may need of the library, beside `explain_rows`."""

_SCRIPT = '''"""Repeats a run of SparkLIME: python repeat.py [DATA [EXPLANATIONS.parquet [TABLE OF THE MODEL]]].

It explains in this one process; the command line does the same on Spark, with the same result.
"""

# The run: {title}, {created}
# Versions: {versions}
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import sparklime_core
from sparklime_core import (
{names})
from sparklime_core.data.part_files import digest


def checked(position, name, sha256):
    """Return the path of the named file, or of the one that is given, when it is the run's own."""
    path = Path(sys.argv[position] if len(sys.argv) > position else name)
    if not path.exists():
        sys.exit(f"There is no file {{str(path)!r}}; give the path of {{name!r}}.")
    if digest(path) != sha256:
        sys.exit(f"The file {{str(path)!r}} is not the one of the run: its SHA-256 is another.")
    return path


{steps}
table = explain_rows(
    explainer,
    model.predict_fn,
    features[row_ids],
    {explain},
)
table = table.set_column(0, "row_id", pa.array(row_ids, pa.int64()).take(table["row_id"]))
out = sys.argv[2] if len(sys.argv) > 2 else "explanations.parquet"
pq.write_table(table, out)
print(f"{{len(row_ids)}} rows explained by SparkLIME {{sparklime_core.__version__}} -> {{out}}")
'''


def _origins(manifest: Manifest) -> tuple[Origin, Origin]:
    """Return where the explained table came from, and where the one that the model has learnt from."""
    report = manifest.data.report
    explained, learnt = report.origin, (manifest.data.training_report or report).origin
    if explained is None or learnt is None:
        raise RunError("The file of this run's table is not known, so the run cannot be repeated from it.")
    return explained, learnt


def _tables(manifest: Manifest) -> list[str]:
    """Return the lines that read the model's table, and the new rows if there are any."""
    explained, learnt = _origins(manifest)
    position = 1 if explained is learnt else 3
    lines = [
        f"data = checked({position}, {learnt.file!r}, {learnt.sha256!r})",
        f"dataset = read_csv(\n    data,\n    {learnt.target!r},\n    task={learnt.task!r},\n"
        f"    roles={learnt.roles!r},\n    options={_options(learnt)},\n)",
    ]
    if explained is learnt:
        return [*lines, "features = dataset.features"]
    return [
        *lines,
        f"new = checked(1, {explained.file!r}, {explained.sha256!r})",
        f"features = read_rows(new, dataset.encoding, options={_options(explained)}).features",
    ]


def _trained(run: Run, manifest: Manifest) -> str:
    if manifest.model.trained_elsewhere:
        return f"model = load_model(Path({str(run.folder / MODEL_FILE)!r}), dataset)"
    return f"model = train_with(dataset, {_call(manifest.training)})"


def _explainer(manifest: Manifest) -> str:
    return f"explainer = build_explainer(dataset, {_call(manifest.explainer)})"


def _rows(manifest: Manifest) -> str:
    if manifest.selection == "test" and manifest.data.training_report is None:
        return "row_ids = model.test_rows"
    count = "" if manifest.selection in ("all", "test") else f"[:{int(manifest.selection)}]"
    return f"row_ids = np.arange(len(features)){count}"


def _options(origin: Origin) -> str:
    return _call(origin.options)


def _call(settings: ExplainerSettings | ModelSettings | ReadOptions) -> str:
    """Return the Python that makes settings, without those that are None."""
    given = [f"{name}={value!r}" for name, value in vars(settings).items() if value is not None]
    return f"{type(settings).__name__}({', '.join(given)})"


def _path(file: str) -> str:
    """Return a file's name so that no command takes it for an option."""
    return f"./{file}" if file.startswith("-") else file


def _reading(options: ReadOptions) -> list[str]:
    words = []
    for name in ("encoding", "decimal", "member"):
        value = getattr(options, name)
        words += [] if value is None else [f"--{name}={value}"]
    if options.delimiter is not None:
        words.append(f"--delimiter={_DELIMITERS.get(options.delimiter, options.delimiter)}")
    if options.quote is not None:
        words.append(f"--quote={options.quote or 'none'}")
    if options.escape is not None:
        words.append(f"--escape={options.escape or 'none'}")
    for name, truth in (("header", options.header), ("day-first", options.day_first)):
        words += [] if truth is None else [f"--{name}={'yes' if truth else 'no'}"]
    if options.missing_words is not None:
        if any("," in word or word != word.strip() for word in options.missing_words):
            raise RunError("Words for missing values with a comma or spaces cannot be written on a command line.")
        words.append(f"--missing={','.join(options.missing_words)}")
    return words


def _model(run: Run, manifest: Manifest) -> list[str]:
    if manifest.model.trained_elsewhere:
        return [f"--model-file={run.folder / MODEL_FILE}"]
    settings = manifest.training
    depth = "none" if settings.max_depth is None else settings.max_depth
    return [
        f"--model={settings.kind}",
        f"--trees={settings.n_estimators}",
        f"--max-depth={depth}",
        f"--min-samples-leaf={settings.min_samples_leaf}",
        f"--test-size={settings.test_size}",
        f"--class-weight={settings.class_weight}",
        f"--model-seed={settings.seed}",
    ]
