"""Reports open anywhere: one file, nothing that runs, nothing from elsewhere, every text of the data as text."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sparklime_core import SparkLimeError, load_sample, read_csv, train_forest
from sparklime_core.cli.main import main
from sparklime_core.reports import html
from sparklime_core.reports.row_report import row_report
from sparklime_core.reports.run_facts import errors, mean_weights, score_bins, score_shares, worst_rows
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.result_queries import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import NASTY, nasty_csv
from tests.finished_run import make_run

ROWS = 12


class Page(HTMLParser):
    """What a browser would make of a document: its elements with their attributes, and its words."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def classes(store: RunStore) -> Run:
    dataset = load_sample("penguins")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS, "all", stability=3)


@pytest.fixture(scope="module")
def numbers(store: RunStore) -> Run:
    dataset = load_sample("diabetes")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS)


@pytest.fixture(scope="module")
def nasty(store: RunStore) -> Run:
    dataset = read_csv(nasty_csv(), "**target**", name="</title><script>alert(1)</script>")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS)


def test_a_runs_report_tells_all_there_is(classes: Run) -> None:
    found = Page(run_report(classes))

    for part in (
        "Explanations of penguins", "12 rows of 344 explained", "accuracy", "RandomForestClassifier",
        "Mean local R²", "Who did the work", "spark://127.0.0.1:7077", "body_mass_g", "num samples",
        "Seed: 0", "lime 0.2.0.1",
        "sparklime explain penguins.csv", "not causes",
    ):  # fmt: skip
        assert part in found.text, part
    assert found.tags.count("svg") == 2 + 3 * 10
    assert found.text.count("The model says") == 10


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
    lines = "Lines: one standard deviation over pools of samples"

    assert Page(row_report(classes, 3)).text.count(lines) == 3
    assert Page(row_report(classes, 3)).text.count("Purple: without sampling") == 3
    assert lines not in Page(row_report(numbers, 0)).text


def test_numbers_are_predicted_and_no_class_is_named(numbers: Run) -> None:
    found = Page(row_report(numbers, 0))

    assert "The model predicts" in found.text
    assert "Blue raises, orange lowers progression" in found.text
    assert "Probabilities" not in found.text


@pytest.mark.parametrize("make", [run_report, lambda run: row_report(run, 2)])
def test_names_from_data_are_words_and_nothing_runs_or_is_loaded(nasty: Run, make) -> None:
    content = make(nasty)
    found = Page(content)

    assert {"script", "img", "b", "iframe", "link", "object", "image", "use"} & set(found.tags) == set()
    assert "<img src=x onerror=alert(1)>" in found.text
    assert "</title><script>alert(1)</script>" in found.text
    assert all(name in found.text for name in NASTY)
    assert ("content", html.POLICY) in found.attributes
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href")]
    assert re.sub(rb"url\(#", b"", content).count(b"url(") == 0
    assert b"@import" not in content


def test_a_report_takes_its_colours_from_the_page(classes: Run) -> None:
    content = row_report(classes, 1).decode()

    assert "prefers-color-scheme: dark" in content
    assert 'fill="white"' not in content
    assert "currentColor" in content


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
    scores = [result["score"] for result in results]
    ranked = mean_weights(classes)
    weights = [
        abs(entry["weight"])
        for result in results
        for entry in result["explanation"]
        if entry["feature"] == ranked["feature"][0]
    ]

    assert ranked["mean_weight"][0] == pytest.approx(sum(weights) / len(results))
    assert score_bins(classes)["rows"].sum() == len(scores)
    good, fair, weak = score_shares(classes, 0.7, 0.4)
    assert good == pytest.approx(sum(score >= 0.7 for score in scores) / len(scores))
    assert good + fair + weak == pytest.approx(1)
    assert errors(classes).empty


def test_the_worst_rows_come_first(classes: Run, numbers: Run) -> None:
    target = numbers.inputs().dataset.target
    wrong = [abs(explanations_of(numbers, row)[0]["prediction"] - target[row]) for row in range(ROWS)]

    assert worst_rows(numbers, 3, regression=True) == sorted(range(ROWS), key=lambda row: -wrong[row])[:3]
    assert len(worst_rows(classes, 100, regression=False)) == ROWS


@pytest.mark.parametrize("words", [[], ["--row", "4"]])
def test_the_command_line_writes_reports(classes: Run, tmp_path: Path, words: list[str]) -> None:
    out = tmp_path / "report.html"

    assert main(["export", str(classes.folder), "--as", "report", *words, "--out", str(out)]) == 0

    assert out.read_bytes().startswith(b"<!doctype html>")


def test_a_row_is_only_for_a_report(classes: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(classes.folder), "--as", "csv", "--row", "4"]) == 2
    assert "--row is for" in capsys.readouterr().err
