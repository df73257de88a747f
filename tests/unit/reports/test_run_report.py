"""The report of a run."""

from pathlib import Path

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.reports.row_report import row_report
from sparklime_core.reports.run_report import errors, fit_bins, fit_shares, mean_weights, run_report, worst_rows
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.unit.reports.document import Page

ROWS = 12


def test_a_runs_report_tells_all_there_is(classes: Run) -> None:
    found = Page(run_report(classes))

    for part in (
        "Explanations of penguins", "12 rows of 344 explained", "accuracy", "RandomForestClassifier",
        "lime's own local R² is", "Who did the work", "spark://127.0.0.1:7077", "body_mass_g", "num samples",
        "Seed: 0", "lime 0.2.0.1",
        "sparklime explain penguins.csv", "not causes",
    ):  # fmt: skip
        assert part in found.text, part
    assert found.tags.count("svg") == 2 + 3 * 10
    assert found.text.count("The model predicts") == 10


def test_what_cannot_be_told_is_one_sentence(classes: Run, store: RunStore) -> None:
    with pytest.raises(SparkLimeError, match="Row 300 has no explanation"):
        row_report(classes, 300)
    with pytest.raises(SparkLimeError, match="Row 300 has no explanation"):
        run_report(classes, [300])


def test_a_run_without_a_result_has_no_report(tmp_path: Path, classes: Run) -> None:
    empty = Run.create(tmp_path / "empty", classes.manifest(), classes.inputs())
    empty.update(state=RunState.CANCELLED)

    with pytest.raises(SparkLimeError, match="nothing to report"):
        run_report(empty)


def test_the_figures_of_a_report_are_those_of_its_rows(classes: Run) -> None:
    results = [result for row in range(ROWS) for result in explanations_of(classes, row)]
    fits = [result["profile_score"] for result in results]
    ranked = mean_weights(classes)
    weights = [
        abs(entry["weight"])
        for result in results
        for entry in result["explanation"]
        if entry["feature"] == ranked["feature"][0]
    ]

    assert ranked["mean_weight"][0] == pytest.approx(sum(weights) / len(results))
    assert fit_bins(classes)["rows"].sum() == len(fits)
    good, fair, weak = fit_shares(classes, 0.7, 0.4)
    assert good == pytest.approx(sum(fit >= 0.7 for fit in fits) / len(fits))
    assert good + fair + weak == pytest.approx(1)
    assert errors(classes).empty


def test_the_worst_rows_come_first(classes: Run, numbers: Run) -> None:
    target = numbers.inputs().dataset.target
    wrong = [abs(explanations_of(numbers, row)[0]["prediction"] - target[row]) for row in range(ROWS)]

    assert worst_rows(numbers, 3) == sorted(range(ROWS), key=lambda row: -wrong[row])[:3]
    assert len(worst_rows(classes, 100)) == ROWS
