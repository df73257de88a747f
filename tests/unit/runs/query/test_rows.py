import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.schema import RESULT_SCHEMA
from sparklime_core.models.train import Model, train_forest
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.export import explanations_csv, explanations_parquet, weights_csv
from sparklime_core.runs.query.rows import (
    count_found,
    density,
    explanations_of,
    filtered,
    find_rows,
    mean_weights,
    place_of,
    random_row,
    sample_points,
    shared_scale,
    stability_of,
)
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

ROWS = 30


@pytest.fixture(scope="module")
def model() -> Model:
    return train_forest(load_sample("penguins"), n_estimators=10)


@pytest.fixture(scope="module")
def run(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, load_sample("penguins"), model, ROWS, labels="all")


@pytest.fixture(scope="module")
def measured(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Run:
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, load_sample("penguins"), model, ROWS, stability=2)


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Run:
    dataset = load_sample("diabetes")
    return make_run(
        RunStore(tmp_path_factory.mktemp("runs")), dataset, train_forest(dataset, n_estimators=10), ROWS
    )


class TestFindRows:
    def test_a_row_with_several_labels_is_listed_once_by_its_most_probable_one(
        self, run: Run, model: Model
    ) -> None:
        found = find_rows(run, RowFilter(), limit=100)

        dataset = load_sample("penguins")
        predicted = model.predict_fn(dataset.features[:ROWS]).argmax(axis=1)
        assert list(found["row_id"]) == list(range(ROWS))
        assert list(found["label"]) == list(predicted)
        assert list(found["target"]) == list(dataset.target[:ROWS])
        assert list(found["wrong"]) == list(predicted != dataset.target[:ROWS])

    def test_pages_follow_each_other(self, run: Run) -> None:
        first = find_rows(run, RowFilter(), limit=20)
        second = find_rows(run, RowFilter(), limit=20, offset=20)

        assert list(first["row_id"]) + list(second["row_id"]) == list(range(ROWS))

    def test_a_rows_place_is_where_it_is_listed(self, run: Run) -> None:
        wanted = RowFilter(test_only=True, order="score", descending=True)
        listed = list(find_rows(run, wanted, limit=100)["row_id"])

        assert [place_of(run, wanted, row) for row in listed] == list(range(len(listed)))
        left_out = next(row for row in range(ROWS) if row not in listed)
        assert place_of(run, wanted, left_out) is None

    def test_the_least_certain_come_first_by_error(self, run: Run) -> None:
        found = find_rows(run, RowFilter(order="error", descending=True), limit=100)

        assert found["distance"].is_monotonic_decreasing

    def test_right_and_wrong_are_all(self, run: Run) -> None:
        counts = [count_found(run, RowFilter(outcome=outcome)) for outcome in ("right", "wrong", "failed")]

        assert counts[0] + counts[1] == ROWS
        assert counts[2] == 0

    def test_test_rows_are_those_that_the_model_has_not_seen(self, run: Run, model: Model) -> None:
        found = find_rows(run, RowFilter(test_only=True), limit=100)

        assert list(found["row_id"]) == [row for row in model.test_rows if row < ROWS]

    def test_rows_are_found_by_the_value_of_a_feature(self, run: Run) -> None:
        dataset = load_sample("penguins")
        length = dataset.feature_names.index("bill_length_mm")

        found = find_rows(run, RowFilter(values=(ValueCondition(length, Range(36, 40)),)), limit=100)

        values = dataset.features[:ROWS, length]
        assert list(found["row_id"]) == list(np.flatnonzero((values >= 36) & (values <= 40)))
        assert 0 < len(found) < ROWS

    def test_rows_are_found_by_their_fit_and_strongest_reason(self, run: Run) -> None:
        everything = find_rows(run, RowFilter(), limit=100)
        fitting = RowFilter(score=Range(0.3, 0.5), top_feature="bill_length_mm")

        found = find_rows(run, fitting, limit=100)

        wanted = everything["score"].between(0.3, 0.5) & everything["top_reason"].str.contains("bill_length_mm")
        assert list(found["row_id"]) == list(everything["row_id"][wanted])
        assert 0 < len(found) < ROWS

    def test_rows_are_found_by_true_class_probability_and_error(self, run: Run) -> None:
        everything = find_rows(run, RowFilter(), limit=100)
        middle = float(everything["prediction"].median())
        wanted = RowFilter(truth=0, prediction=Range(None, middle), error=Range(0.01, 0.5))

        found = find_rows(run, wanted, limit=100)

        passes = (everything["target"] == 0) & (everything["prediction"] <= middle)
        passes &= everything["distance"].between(0.01, 0.5)
        assert list(found["row_id"]) == list(everything["row_id"][passes])
        assert 0 < len(found) < ROWS

    def test_rows_are_found_by_several_values_at_once(self, run: Run) -> None:
        dataset = load_sample("penguins")
        length, island = (dataset.feature_names.index(name) for name in ("bill_length_mm", "island"))
        wanted = RowFilter(values=(ValueCondition(length, Range(36, None)), ValueCondition(island, codes=(2,))))

        found = find_rows(run, wanted, limit=100)

        rows = dataset.features[:ROWS]
        assert list(found["row_id"]) == list(np.flatnonzero((rows[:, length] >= 36) & (rows[:, island] == 2)))
        assert 0 < len(found) < ROWS

    def test_a_gap_lies_in_no_range_and_is_found_by_itself(self, run: Run) -> None:
        dataset = load_sample("penguins")
        length = dataset.feature_names.index("bill_length_mm")
        missing = np.flatnonzero(dataset.features[:ROWS, length] == dataset.missing_values[length])

        gaps = find_rows(run, RowFilter(values=(ValueCondition(length, missing=True),)), limit=9)
        low = find_rows(run, RowFilter(values=(ValueCondition(length, Range(None, 99)),)), limit=100)

        assert list(gaps["row_id"]) == list(missing)
        assert len(missing) > 0
        assert sorted([*gaps["row_id"], *low["row_id"]]) == list(range(ROWS))

    def test_rows_are_found_and_sorted_by_the_weight_of_a_feature(self, run: Run) -> None:
        feature = load_sample("penguins").feature_names.index("flipper_length_mm")
        weights = {row: _weight(run, row, "flipper_length_mm") for row in range(ROWS)}
        named = {row: weight for row, weight in weights.items() if weight is not None}
        middle = float(np.median(list(named.values()))) - 1e-6
        wanted = RowFilter(
            weights=(WeightCondition(feature, Range(middle, None)),),
            order="weight",
            order_feature=feature,
            descending=True,
        )

        found = find_rows(run, wanted, limit=100)

        assert set(found["row_id"]) == {row for row, weight in named.items() if weight >= middle}
        assert list(found["weight"]) == pytest.approx([named[row] for row in found["row_id"]])
        assert found["weight"].is_monotonic_decreasing
        assert count_found(run, RowFilter(weights=(WeightCondition(feature),))) == len(named)

    def test_rows_are_found_by_their_executor(self, run: Run) -> None:
        found = find_rows(run, RowFilter(executor="1"), limit=100)

        assert list(found["row_id"]) == list(range(ROWS // 2, ROWS))
        assert count_found(run, RowFilter(executor="no such")) == 0

    def test_rows_are_found_and_sorted_by_their_stability(self, measured: Run) -> None:
        stability = {row: stability_of(measured, row)[0]["jaccard"] for row in range(ROWS)}
        middle = float(np.median(list(stability.values())))
        wanted = RowFilter(stability=Range(middle, None), order="stability", descending=True)

        found = find_rows(measured, wanted, limit=100)

        assert set(found["row_id"]) == {row for row, value in stability.items() if value >= middle}
        assert [stability[row] for row in found["row_id"]] == sorted(
            (stability[row] for row in found["row_id"]), reverse=True
        )

    def test_where_stability_was_not_measured_no_row_has_any(self, run: Run) -> None:
        order = RowFilter(order="stability")

        assert len(find_rows(run, order, limit=100)) == ROWS
        assert count_found(run, RowFilter(stability=Range(0.0, None))) == 0

    def test_a_random_row_passes_the_filter_and_varies(self, run: Run) -> None:
        wanted = RowFilter(truth=0, test_only=True)
        passing = set(find_rows(run, wanted, limit=100)["row_id"])

        drawn = {random_row(run, wanted, seed=seed) for seed in range(40)}

        assert drawn <= passing
        assert len(drawn) > len(passing) // 2
        assert random_row(run, RowFilter(outcome="failed"), seed=1) is None

    def test_regression_knows_no_right_and_wrong_but_how_far_off(self, regression: Run) -> None:
        found = find_rows(regression, RowFilter(order="error", descending=True), limit=5)

        assert found["wrong"].isna().all()
        assert list(found["distance"]) == pytest.approx(list(abs(found["prediction"] - found["target"])))

    def test_a_run_without_results_yet_has_no_rows(self, run: Run, tmp_path: Path) -> None:
        store = RunStore(tmp_path)
        fresh = store.create(run.manifest(), run.inputs())

        assert find_rows(fresh, RowFilter(), limit=5).empty
        assert count_found(fresh, RowFilter()) == 0
        assert shared_scale(fresh, 5) == 0.0


def test_the_shared_scale_holds_every_bar_of_every_row(run: Run) -> None:
    top = 2
    bars = []
    for row in range(ROWS):
        for result in explanations_of(run, row):
            weights = [entry["weight"] for entry in result["explanation"]]
            bars += [abs(weight) for weight in weights] + [abs(sum(weights[top:]))]

    assert shared_scale(run, top) == pytest.approx(max(bars))


def _weight(run: Run, row: int, feature: str) -> float | None:
    best = max(explanations_of(run, row), key=lambda result: result["prediction"])
    return next((entry["weight"] for entry in best["explanation"] if entry["feature"] == feature), None)


class TestPlot:
    def test_the_largest_errors_are_among_the_points(self, run: Run) -> None:
        points = sample_points(run, RowFilter(), limit=12)

        worst = find_rows(run, RowFilter(order="error", descending=True), limit=3)
        assert len(points) == 12
        assert set(worst["row_id"]) <= set(points["row_id"])
        assert points.equals(sample_points(run, RowFilter(), limit=12))

    @pytest.mark.parametrize("name", ["run", "regression"])
    def test_every_row_is_in_one_cell_of_the_density(self, name: str, request: pytest.FixtureRequest) -> None:
        of: Run = request.getfixturevalue(name)

        cells = density(of, RowFilter())

        assert cells["rows"].sum() == ROWS
        assert (cells["x1"] > cells["x0"]).all()


def test_mean_weights_are_over_all_rows_of_the_filter(run: Run) -> None:
    ranked = mean_weights(run, RowFilter(), limit=3)

    weights = [
        abs(entry["weight"])
        for row in range(ROWS)
        for entry in max(explanations_of(run, row), key=lambda result: result["prediction"])["explanation"]
        if entry["feature"] == ranked["feature"][0]
    ]
    assert ranked["mean_weight"][0] == pytest.approx(sum(weights) / ROWS)
    assert ranked["rows"][0] == len(weights)


class TestExport:
    def test_parquet_holds_the_filtered_results_as_they_are(self, run: Run) -> None:
        wanted = RowFilter(test_only=True)

        table = pq.read_table(io.BytesIO(explanations_parquet(run, wanted)))

        assert table.schema.equals(RESULT_SCHEMA)
        assert table.equals(filtered(run, wanted))
        assert 0 < len(table) < 3 * ROWS

    def test_csv_has_a_line_for_each_weight(self, run: Run) -> None:
        results = filtered(run, RowFilter())

        table = pyarrow.csv.read_csv(io.BytesIO(explanations_csv(run, RowFilter())))

        assert len(table) == sum(len(entries) for entries in results["explanation"].to_pylist())
        first = results["explanation"].to_pylist()[0]
        assert table["weight"].to_pylist()[: len(first)] == pytest.approx([entry["weight"] for entry in first])
        assert table["feature"].to_pylist()[: len(first)] == [entry["feature"] for entry in first]

    def test_no_cell_of_a_csv_is_a_formula_and_numbers_stay_numbers(self) -> None:
        names = ["=1+1", "+cmd", "-2", "@x", "\t=1", " =1"]
        explanation = [{"feature": name, "feature_explanation": f"{name} > 1", "weight": -0.5} for name in names]
        results = pa.Table.from_pylist([_result(explanation, None), _result(None, "=bad")], schema=RESULT_SCHEMA)

        table = pyarrow.csv.read_csv(
            io.BytesIO(weights_csv(results)), convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True)
        )

        guarded = ["'=1+1", "'+cmd", "'-2", "'@x", "'\t'=1", "' =1"]  # a tab may be taken for the end of a cell
        assert table["feature"].to_pylist() == [*guarded, None]
        assert table["feature_explanation"].to_pylist()[0] == "'=1+1 > 1"
        assert table["weight"].to_pylist() == [-0.5] * len(names) + [None]
        assert table["error"].to_pylist()[-1] == "'=bad"

    @pytest.mark.parametrize("text", ["age > 3", "1-2", "a=b", "'quoted"])
    def test_harmless_texts_stay_as_they_are(self, text: str) -> None:
        explanation = [{"feature": text, "feature_explanation": f"a{text}", "weight": 1.0}]
        results = pa.Table.from_pylist([_result(explanation, None)], schema=RESULT_SCHEMA)

        assert pyarrow.csv.read_csv(io.BytesIO(weights_csv(results)))["feature"].to_pylist() == [text]


def _result(explanation: list[dict[str, object]] | None, error: str | None) -> dict[str, object]:
    return {
        "row_id": 0,
        "label": 0,
        "label_name": "=class",
        "prediction": 0.5,
        "local_prediction": 0.4,
        "intercept": 0.1,
        "score": 0.9,
        "explanation": explanation,
        "error": error,
    }
