"""Two runs compared, against the same computed plainly in Python."""

import math
from pathlib import Path
from typing import Any

import pytest

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.explain.settings import OutputName
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.runs.query.compare import (
    KEPT,
    TOP,
    are_comparable,
    check_comparable,
    compare_rows,
    comparison_file,
    different_settings,
    forget_comparisons,
    summarise,
)
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

ROWS = 30


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def first(store: RunStore) -> Run:
    dataset = load_sample("penguins")
    return make_run(store, dataset, train_forest(dataset, n_estimators=10), ROWS, "all")


@pytest.fixture(scope="module")
def second(store: RunStore) -> Run:
    dataset = load_sample("penguins")
    return make_run(store, dataset, train_forest(dataset, n_estimators=2, max_depth=1, seed=9), ROWS - 5)


@pytest.fixture(scope="module")
def path(first: Run, second: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return comparison_file(first, second, tmp_path_factory.mktemp("kept"))


def best(run: Run, row: int) -> dict[str, Any]:
    return max(explanations_of(run, row), key=lambda result: result["prediction"])


def compared(first: Run, second: Run, row: int) -> tuple[float, float, bool]:
    """Return distance, overlap and whether the class changed."""
    mine = best(first, row)
    same = [result for result in explanations_of(second, row) if result["label"] == mine["label"]]
    theirs = same[0] if same else best(second, row)
    weights = [{entry["feature"]: entry["weight"] for entry in result["explanation"]} for result in (mine, theirs)]
    features = weights[0] | weights[1]
    distance = math.dist(*([side.get(name, 0.0) for name in features] for side in weights))
    top = [set(list(side)[:TOP]) for side in weights]
    return distance, len(top[0] & top[1]) / len(top[0] | top[1]), mine["label"] != best(second, row)["label"]


def test_rows_are_measured_as_they_are_defined(first: Run, second: Run, path: Path) -> None:
    frame = compare_rows(path, order="row", limit=1000)

    assert list(frame["row_id"]) == list(range(ROWS - 5))
    for line in frame.itertuples():
        distance, overlap, changed = compared(first, second, line.row_id)
        assert line.distance == pytest.approx(distance)
        assert line.overlap == pytest.approx(overlap)
        assert bool(line.changed) is changed
        assert line.first_predicted == best(first, line.row_id)["label_name"]
        assert line.second_predicted == best(second, line.row_id)["label_name"]


def test_the_same_label_is_compared_where_both_explain_it(first: Run, second: Run, tmp_path: Path) -> None:
    other_way = compare_rows(comparison_file(second, first, tmp_path), order="row", limit=1000)

    for line in other_way.itertuples():
        assert line.distance == pytest.approx(compared(second, first, line.row_id)[0])


def test_the_most_changed_rows_come_first_and_can_be_paged(path: Path) -> None:
    every = compare_rows(path, limit=1000)

    assert every["distance"].is_monotonic_decreasing
    assert compare_rows(path, limit=4, offset=3).equals(every.iloc[3:7].reset_index(drop=True))
    assert compare_rows(path, order="overlap", limit=1000)["overlap"].is_monotonic_increasing
    assert set(compare_rows(path, changed_only=True, limit=1000)["changed"]) <= {True}


def test_the_summary_is_of_all_rows(path: Path) -> None:
    every, found = compare_rows(path, limit=1000), summarise(path)

    assert found.rows == len(every)
    assert found.changed == every["changed"].sum()
    assert found.mean_distance == pytest.approx(every["distance"].mean())
    assert found.first_score == pytest.approx(every["first_score"].mean())


def test_a_run_is_the_same_as_itself(first: Run, tmp_path: Path) -> None:
    found = summarise(comparison_file(first, first, tmp_path))

    assert (found.changed, found.mean_distance, found.mean_overlap) == (0, 0.0, 1.0)


def test_numbers_have_no_class_that_could_change(store: RunStore, tmp_path: Path) -> None:
    dataset = load_sample("diabetes")
    one, other = (make_run(store, dataset, train_forest(dataset, n_estimators=n), 6) for n in (3, 5))

    path = comparison_file(one, other, tmp_path)

    assert summarise(path).changed is None
    assert summarise(path).mean_distance > 0


def test_a_comparison_is_kept_and_few_are(first: Run, second: Run, tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (tmp_path / f"old-{number}.parquet").write_bytes(b"")

    path = comparison_file(first, second, tmp_path)
    written = path.stat().st_mtime_ns

    assert comparison_file(first, second, tmp_path).stat().st_mtime_ns == written
    assert len(list(tmp_path.iterdir())) == KEPT


def test_comparisons_go_with_their_run(first: Run, second: Run, tmp_path: Path) -> None:
    kept = comparison_file(first, first, tmp_path)
    gone = comparison_file(first, second, tmp_path)

    forget_comparisons(second.id, tmp_path)

    assert kept.exists()
    assert not gone.exists()


def test_what_differs_in_the_settings(first: Run, second: Run) -> None:
    differing = different_settings(first.manifest(), second.manifest()).set_index("setting")

    assert list(differing.loc["model n_estimators"]) == ["10", "2"]
    assert list(differing.loc["labels"]) == ["all", "predicted"]
    assert "engine" not in differing.index


def boosted(store: RunStore, trees: int, output: OutputName = "margin") -> Run:
    dataset = load_sample("breast_cancer")
    settings = ModelSettings(n_estimators=trees, max_depth=1, kind="boosting", class_weight="none")
    return make_run(store, dataset, train_with(dataset, settings), 60, engine="sampled", output=output)


def test_a_class_has_changed_where_its_one_margin_has_another_sign(store: RunStore, tmp_path: Path) -> None:
    runs = [boosted(store, trees) for trees in (1, 6)]
    path = comparison_file(*runs, tmp_path)
    frame = compare_rows(path, order="row", limit=1000)
    dataset, shares = runs[0].inputs().dataset, [run.inputs().estimator.predict_proba for run in runs]
    said = [predict(dataset.features[:60]).argmax(axis=1) for predict in shares]
    names = [[dataset.class_names[code] for code in codes] for codes in said]

    assert list(frame["first_predicted"]) == names[0]
    assert list(frame["second_predicted"]) == names[1]
    assert 0 < summarise(path).changed == (said[0] != said[1]).sum()


def test_probabilities_and_margins_cannot_be_compared(store: RunStore) -> None:
    margin, probability = (boosted(store, 1, output) for output in ("margin", "probability"))

    with pytest.raises(SparkLimeError, match="different outputs of the model, margin and probability"):
        check_comparable(margin.manifest(), probability.manifest())


def test_other_tables_cannot_be_compared(first: Run, store: RunStore) -> None:
    dataset = load_sample("wine")
    other = make_run(store, dataset, train_forest(dataset, n_estimators=2), 2).manifest()

    assert not are_comparable(first.manifest(), other)
    with pytest.raises(SparkLimeError, match="cannot be compared"):
        check_comparable(first.manifest(), other)


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_a_run_needs_a_name(store: RunStore, first: Run, title: str) -> None:
    with pytest.raises(SparkLimeError, match="name must have"):
        store.rename(first.id, title)


def test_a_run_is_called_what_a_person_says(store: RunStore, first: Run) -> None:
    store.rename(first.id, "  the *first*\n run ")

    assert first.manifest().title == "the *first* run"
