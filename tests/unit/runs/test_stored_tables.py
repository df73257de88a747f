"""What folders are called changes no result."""

import os
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core.cli import main
from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.filter.conditions import ValueCondition
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.compare import comparison_file, summarise
from sparklime_core.runs.query.rows import explanations_of, find_rows, mean_score
from sparklime_core.runs.query.similar import other_reasons
from sparklime_core.runs.query.weights import WeightLabel, weight_totals
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import check_table
from tests.explain_here import SETTINGS, TABLE, rows_explained_here

NAMES = (
    "row_id=7/label=9/date=2024-01-01/target=0/test=1/env=prod/x",
    "a*[x]?",
    "it's/~/ä b",
)
"""Names that mean something to DuckDB's readers, to a shell, or to SQL."""

FOUND_BY_PATTERN = "abxc"
"""A folder that the second name, read as a pattern, would find in its place."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in a plain folder, and one with another result, which a pattern would find."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "table.csv").write_text(TABLE)
    explained(folder, "plain")
    explained(folder, FOUND_BY_PATTERN, "--seed", "5")
    assert fnmatchcase(FOUND_BY_PATTERN, NAMES[1])
    return folder


def explained(home: Path, name: str, *options: str) -> Run:
    with rows_explained_here():
        assert main(["explain", str(home / "table.csv"), "--out", str(home / name), *SETTINGS, *options]) == 0
    return Run(home / name)


def said(run: Run, tmp_path: Path) -> tuple[list[object], list[float]]:
    """Return what a run says by all the ways to ask it, and means: DuckDB's threads add in any order."""
    valued = RowFilter(values=(ValueCondition(0, codes=(0, 1, 2)),))
    csv, reasons = tmp_path / "out.csv", tmp_path / "reasons.csv"
    for form, out in (("csv", csv), ("reasons", reasons)):
        assert main(["export", str(run.folder), "--as", form, "--out", str(out)]) == 0
    totals = weight_totals(run, RowFilter(), WeightLabel(None))
    report = run_report(run, [0, 1]).decode()
    bits = [
        explanations_of(run, 0),
        find_rows(run, RowFilter(), limit=99).to_csv(),
        find_rows(run, valued, limit=99).to_csv(),
        other_reasons(run, 0, limit=5).to_csv(),
        csv.read_bytes(),
        reasons.read_bytes(),
        report.count("Row "),
    ]
    score = mean_score(run)
    assert score is not None
    return bits, [score, *totals.strength.tolist()]


@pytest.fixture(scope="module")
def plainly_said(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[object], list[float]]:
    return said(Run(home / "plain"), tmp_path_factory.mktemp("said"))


@pytest.mark.parametrize("name", NAMES)
def test_a_run_says_the_same_whatever_its_folder_is_called(home, plainly_said, tmp_path, name) -> None:
    run = explained(home, name)
    bits, means = said(run, tmp_path)
    plain_bits, plain_means = plainly_said
    assert bits == plain_bits
    assert means == pytest.approx(plain_means, rel=1e-12)
    found = summarise(comparison_file(Run(home / "plain"), run, tmp_path / name))
    assert (found.rows, found.changed, found.mean_distance) == (24, 0, 0.0)


def test_a_relative_path_is_that_of_the_working_folder(home, monkeypatch) -> None:
    monkeypatch.chdir(home)
    assert explanations_of(Run(Path("plain")), 0) == explanations_of(Run(home / "plain"), 0) != []


def test_a_table_is_checked_again_when_it_has_changed(tmp_path) -> None:
    path = tmp_path / "tasks.parquet"
    pq.write_table(TASK_SCHEMA.empty_table(), path)
    check_table(str(path), TASK_SCHEMA)
    pq.write_table(pa.table({"wave": [1]}), path)
    os.utime(path, ns=(0, 0))
    with pytest.raises(Exception, match="damaged: tasks.parquet has no column 'wave' of the type int32"):  # noqa: RUF043
        check_table(str(path), TASK_SCHEMA)
