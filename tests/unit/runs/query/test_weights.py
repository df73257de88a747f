"""All rows together: totals and samples, against the stored explanations one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.schema import RESULT_SCHEMA, TASK_SCHEMA
from sparklime_core.models.train import train_forest
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.query.weights import (
    RowSample,
    Totals,
    WeightLabel,
    can_mirror,
    labels_explained,
    row_quantile,
    sample_rows,
    weight_totals,
)
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

ROWS = 40


def a_run(folder: Path, sample: str, labels: str = "predicted") -> Run:
    dataset = load_sample(sample)
    return make_run(RunStore(folder), dataset, train_forest(dataset, n_estimators=10), ROWS, labels)


@pytest.fixture(scope="module")
def every_label(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return a_run(tmp_path_factory.mktemp("runs"), "penguins", "all")


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return a_run(tmp_path_factory.mktemp("runs"), "breast_cancer")


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return a_run(tmp_path_factory.mktemp("runs"), "diabetes")


def stored(run: Run, rows: range | list[int] = range(ROWS)) -> list[dict[str, Any]]:
    return [result for row in rows for result in explanations_of(run, row)]


def matrix_of(run: Run, results: list[dict[str, Any]], signs: list[int] | None = None) -> np.ndarray:
    names = run.manifest().data.features
    weights = np.full((len(results), len(names)), np.nan)
    for place, result in enumerate(results):
        for entry in result["explanation"] or ():
            weights[place, names.index(entry["feature"])] = entry["weight"] * (signs[place] if signs else 1)
    return weights


def check_totals(found: Totals, weights: np.ndarray) -> None:
    filled = np.nan_to_num(weights)
    assert found.rows == len(weights)
    assert found.strength == pytest.approx(np.abs(filled).mean(axis=0))
    assert found.mean == pytest.approx(filled.mean(axis=0))
    assert found.variance(found.mean) == pytest.approx(filled.var(axis=0, ddof=1))
    assert found.variance(found.strength) == pytest.approx(np.abs(filled).var(axis=0, ddof=1))
    assert list(found.named) == list((~np.isnan(weights)).sum(axis=0))
    assert list(found.raising) == list((filled > 0).sum(axis=0))


class TestTotals:
    def test_one_class_is_summed_over_every_row_that_is_explained_for_it(self, every_label: Run) -> None:
        results = [result for result in stored(every_label) if result["label"] == 2]

        check_totals(
            weight_totals(every_label, RowFilter(), WeightLabel(2)),
            matrix_of(every_label, results),
        )

    def test_each_rows_own_class_is_its_most_probable_one(self, every_label: Run) -> None:
        results = [
            max(explanations_of(every_label, row), key=lambda one: one["prediction"]) for row in range(ROWS)
        ]

        check_totals(
            weight_totals(every_label, RowFilter(), WeightLabel(None)),
            matrix_of(every_label, results),
        )

    def test_the_filter_is_about_rows_whatever_their_labels(self, every_label: Run) -> None:
        kept = RowFilter(test_only=True)
        rows = [int(row) for row in every_label.inputs().test_rows if row < ROWS]
        results = [result for result in stored(every_label, rows) if result["label"] == 0]

        check_totals(weight_totals(every_label, kept, WeightLabel(0)), matrix_of(every_label, results))

    def test_of_two_classes_one_is_the_mirror_image_of_the_other(self, two_classes: Run) -> None:
        results = stored(two_classes)
        signs = [1 if result["label"] == 1 else -1 for result in results]
        assert can_mirror(two_classes.manifest())
        assert set(signs) == {1, -1}

        mirrored = weight_totals(two_classes, RowFilter(), WeightLabel(1, mirrored=True))

        check_totals(mirrored, matrix_of(two_classes, results, signs))
        single = weight_totals(two_classes, RowFilter(), WeightLabel(1))
        assert single.rows == signs.count(1)

    def test_regression_has_one_label(self, regression: Run) -> None:
        check_totals(
            weight_totals(regression, RowFilter(), WeightLabel(0)),
            matrix_of(regression, stored(regression)),
        )

    def test_rows_that_failed_are_not_counted(self, two_classes: Run, tmp_path: Path) -> None:
        run = with_failures(two_classes, tmp_path, rows=[0, 3])

        found = weight_totals(run, RowFilter(), WeightLabel(1, mirrored=True))

        assert found.rows == ROWS - 2
        assert weight_totals(run, RowFilter(outcome="failed"), WeightLabel(1)).rows == 0

    def test_a_run_without_results_yet_has_nothing_to_sum(self, two_classes: Run, tmp_path: Path) -> None:
        fresh = RunStore(tmp_path).create(two_classes.manifest(), two_classes.inputs())

        found = weight_totals(fresh, RowFilter(), WeightLabel(None))

        assert found.rows == 0
        assert not found.strength.any()
        assert labels_explained(fresh).empty
        assert len(sample_rows(fresh, RowFilter(), WeightLabel(1))) == 0

    def test_the_mirror_image_is_lime_own_of_the_other_class(self, tmp_path: Path) -> None:
        """That weights of two classes differ in their sign alone is what makes mirroring honest."""
        run = a_run(tmp_path, "breast_cancer", "all")
        results = stored(run)

        first = matrix_of(run, [result for result in results if result["label"] == 0])
        second = matrix_of(run, [result for result in results if result["label"] == 1])

        assert first == pytest.approx(-second, abs=1e-9, nan_ok=True)
        assert not can_mirror(run.manifest())


def test_labels_are_counted(every_label: Run, two_classes: Run) -> None:
    labels = [result["label"] for result in stored(two_classes)]

    found = labels_explained(two_classes)

    assert dict(zip(found["label"], found["rows"], strict=True)) == {one: labels.count(one) for one in set(labels)}
    assert list(found["rows"]) == sorted(found["rows"], reverse=True)
    assert list(labels_explained(every_label)["rows"]) == [ROWS] * 3


def test_a_quantile_is_of_the_rows_of_the_filter(regression: Run) -> None:
    target = regression.inputs().dataset.target
    errors = sorted(abs(result["prediction"] - target[result["row_id"]]) for result in stored(regression))

    found = row_quantile(regression, RowFilter(), "distance", 0.8)

    assert found in errors
    assert 0.75 <= np.mean([error <= found for error in errors]) <= 0.85
    assert row_quantile(regression, RowFilter(outcome="failed"), "distance", 0.8) is None


class TestSample:
    def test_all_rows_are_there_where_they_are_few(self, every_label: Run) -> None:
        sample = sample_rows(every_label, RowFilter(), WeightLabel(1))

        order = np.argsort(sample.rows["row_id"])
        results = [result for result in stored(every_label) if result["label"] == 1]
        assert list(sample.rows["row_id"].iloc[order]) == list(range(ROWS))
        assert sample.weights[order] == pytest.approx(matrix_of(every_label, results), nan_ok=True)
        assert sample.values[order] == pytest.approx(every_label.inputs().dataset.features[:ROWS])
        assert sample.rows["score"].iloc[order].tolist() == [result["score"] for result in results]
        check_conditions(sample, results, order)

    def test_it_says_where_the_model_is_wrong(self, two_classes: Run, regression: Run) -> None:
        sample = sample_rows(two_classes, RowFilter(), WeightLabel(1, mirrored=True))

        truth = two_classes.inputs().dataset.target[sample.rows["row_id"]]
        assert list(sample.rows["wrong"]) == list(sample.rows["label"] != truth)
        known = sample_rows(regression, RowFilter(), WeightLabel(0)).rows["wrong"]
        assert known.isna().all()

    def test_the_same_rows_are_drawn_every_time_and_fewer_are_among_more(self, two_classes: Run) -> None:
        kept = RowFilter(), WeightLabel(0, mirrored=True)

        few = sample_rows(two_classes, *kept, limit=7)
        more = sample_rows(two_classes, *kept, limit=20)

        assert list(few.rows["row_id"]) == list(more.rows["row_id"])[:7]
        assert list(few.rows["row_id"]) != sorted(few.rows["row_id"])
        again = sample_rows(two_classes, *kept, limit=7)
        assert again.weights == pytest.approx(few.weights, nan_ok=True)

    def test_weights_of_the_other_class_have_their_signs_turned(self, two_classes: Run) -> None:
        one, other = (sample_rows(two_classes, RowFilter(), WeightLabel(label, mirrored=True)) for label in (0, 1))

        assert one.weights == pytest.approx(-other.weights, nan_ok=True)
        assert one.conditions == pytest.approx(-other.conditions)


def check_conditions(sample: RowSample, results: list[dict[str, Any]], order: np.ndarray) -> None:
    for place, result in zip(order, results, strict=True):
        named = {sample.texts[at]: sample.conditions[place, at] for at in np.flatnonzero(sample.conditions[place])}
        assert named == {entry["feature_explanation"]: entry["weight"] for entry in result["explanation"]}


def with_failures(run: Run, folder: Path, rows: list[int]) -> Run:
    """Return a copy of a run in which some rows could not be explained."""
    copy = RunStore(folder).create(run.manifest(), run.inputs())
    results = [
        {**dict.fromkeys(RESULT_SCHEMA.names), "row_id": result["row_id"], "error": "not finite"}
        if result["row_id"] in rows
        else result
        for result in stored(run)
    ]
    copy.append(0, [0], pa.Table.from_pylist(results, schema=RESULT_SCHEMA), TASK_SCHEMA.empty_table())
    return copy
