"""The figures of a report."""

import pytest

from sparklime_core.reports.run_facts import errors, fit_bins, fit_shares, mean_weights, worst_rows
from sparklime_core.runs.query.results import explanations_of
from sparklime_core.runs.run import Run

ROWS = 12


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
