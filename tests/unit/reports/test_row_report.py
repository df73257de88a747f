"""The report of a row."""

from sparklime_core import load_sample, train_forest
from sparklime_core.reports.row_report import row_report
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run
from tests.unit.reports.document import Page


def test_a_rows_report_has_every_class_and_value(classes: Run) -> None:
    found = Page(row_report(classes, 3))

    assert "Row 3 of penguins" in found.text
    for name in ("Adelie", "Chinstrap", "Gentoo"):
        assert f"speaks for, orange speaks against {name}" in found.text
    assert "flipper_length_mm is missing" in found.text or "missing" in found.text
    assert found.tags.count("svg") == 4
    assert found.text.count("Trust: ") == 3
    assert "worst of them" in found.text
    names = [value for name, value in found.attributes if name == "id"]
    assert len(names) == len(set(names)) > 0


def test_what_a_run_has_measured_of_stability_is_drawn_beside_the_weights(classes: Run, numbers: Run) -> None:
    lines = "Lines: one standard deviation on both sides"

    assert Page(row_report(classes, 3)).text.count(lines) == 3
    assert Page(row_report(classes, 3)).text.count("Purple: without sampling") == 3
    assert lines not in Page(row_report(numbers, 0)).text


def test_numbers_are_predicted_and_no_class_is_named(numbers: Run) -> None:
    found = Page(row_report(numbers, 0))

    assert "The model predicts" in found.text
    assert "Blue raises, orange lowers progression" in found.text
    assert "Probabilities" not in found.text


def test_a_report_takes_its_colours_from_the_page(classes: Run) -> None:
    content = row_report(classes, 1).decode()

    assert "prefers-color-scheme: dark" in content
    assert 'fill="white"' not in content
    assert "currentColor" in content


def test_the_profiles_that_a_run_keeps_are_drawn(store: RunStore) -> None:
    dataset = load_sample("wine")
    run = make_run(store, dataset, train_forest(dataset, n_estimators=3), 2, profiles=True)
    found = Page(row_report(run, 1))

    assert "features shown carry" in found.text
    assert found.tags.count("svg") == 3
