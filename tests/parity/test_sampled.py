"""`sampled` against lime called directly, and against the engine `reference`, for all that the contract names."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lime.discretize import BaseDiscretizer
from lime.lime_tabular import LimeTabularExplainer
from scipy.special import softmax

from sparklime_core import explain_rows
from tests.parity.limes_own import (
    Answer,
    Table,
    as_answer,
    ask_lime,
    assert_agree,
    make_explainer,
    make_model,
    make_table,
)
from tests.parity.recorded import check_against_lime

SELECTIONS = ["auto", "highest_weights", "forward_selection", "lasso_path", "none"]
DISCRETIZERS = ["quartile", "decile", "entropy", "none"]


def assert_like_lime(
    explainer, predict_fn, rows, *, labels="all", num_features=4, num_samples=400, seed=0, recorded=True
):
    """Compare every (row, label) with lime's own answer."""
    kept = {"num_features": num_features, "num_samples": num_samples, "seed": seed}
    found = explain_rows(explainer, predict_fn, rows, engine="sampled", labels=labels, **kept).to_pylist()
    assert found

    def ask(result):
        return ask_lime(explainer, predict_fn, rows[result["row_id"]], result["label"], **kept)

    if not recorded:
        for result in found:
            assert_agree(as_answer(result), ask(result))
        return

    def check(answers):
        for result, said in zip(found, answers, strict=True):
            assert_agree(as_answer(result), Answer.of(said))

    check_against_lime(
        {f"{result['row_id']} {result['label']}": lambda result=result: ask(result).said() for result in found},
        check,
    )


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("discretizer", DISCRETIZERS)
@pytest.mark.parametrize("mode", ["classification", "regression"])
@pytest.mark.parametrize("categorical", [False, True], ids=["numbers", "categories"])
def test_modes_discretizers_selections_and_categories(mode, discretizer, selection, categorical):
    table = make_table(classes=3 if mode == "classification" else None, categorical=categorical)
    explainer = make_explainer(table, mode, discretizer=discretizer, feature_selection=selection)
    assert_like_lime(explainer, make_model(table, mode), table.rows[:3])


@pytest.mark.parametrize("num_features", [1, 2, 6, 7, 100])
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("discretizer", ["quartile", "none"])
def test_numbers_of_features(num_features, selection, discretizer):
    table = make_table(classes=2)
    explainer = make_explainer(table, discretizer=discretizer, feature_selection=selection)
    assert_like_lime(explainer, make_model(table), table.rows[:2], num_features=num_features)


@pytest.mark.parametrize("discretizer", ["quartile", "none"])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_width": 0.4},
        {"kernel_width": 30.0},
        {"kernel": lambda d, kernel_width: 1.0 / (1.0 + d / kernel_width)},
        {"kernel": lambda d, kernel_width: np.where(d <= 1.8, 1.0, 0.0)},
        {"kernel": lambda d, kernel_width: 1e-9 * np.exp(-d / kernel_width), "kernel_width": 2.0},
    ],
    ids=["narrow", "wide", "heavy-tailed", "cut-off", "tiny"],
)
def test_kernels_and_widths(options, discretizer):
    table = make_table(classes=2)
    explainer = make_explainer(table, discretizer=discretizer, **options)
    assert_like_lime(explainer, make_model(table), table.rows[:3], num_features=7)


@pytest.mark.parametrize("mode", ["classification", "regression"])
@pytest.mark.parametrize("discretizer", DISCRETIZERS)
@pytest.mark.parametrize("num_features", [3, 7])
def test_sampling_around_the_instance(mode, discretizer, num_features):
    table = make_table(classes=2 if mode == "classification" else None)
    explainer = make_explainer(table, mode, discretizer=discretizer, sample_around_instance=True)
    assert_like_lime(explainer, make_model(table, mode), table.rows[:3], num_features=num_features)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("num_features", [3, 7])
def test_two_classes_and_ten(classes, num_features):
    table = make_table(classes=classes)
    assert_like_lime(make_explainer(table), make_model(table), table.rows[:2], num_features=num_features)


@pytest.mark.parametrize("discretizer", DISCRETIZERS)
@pytest.mark.parametrize("selection", SELECTIONS)
def test_one_feature(discretizer, selection):
    table = make_table(classes=2)
    table = Table(table.rows[:, :1], table.target, [])
    explainer = make_explainer(table, discretizer=discretizer, feature_selection=selection)
    assert_like_lime(explainer, make_model(table), table.rows[:2])


@pytest.mark.parametrize("discretizer", ["quartile", "none"])
def test_models_that_are_no_forests(discretizer):
    table = make_table(classes=3)
    slopes = np.random.default_rng(1).normal(size=(table.rows.shape[1], 3))
    scale = np.maximum(table.rows.std(axis=0), 1.0)
    explainer = make_explainer(table, discretizer=discretizer)
    assert_like_lime(explainer, lambda rows: softmax(rows / scale @ slopes, axis=1), table.rows[:3])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_regression_far_from_zero(scale):
    table = make_table()
    slopes = np.random.default_rng(1).normal(size=table.rows.shape[1]) / np.maximum(table.rows.std(axis=0), 1)
    explainer = make_explainer(table, "regression")
    assert_like_lime(explainer, lambda rows: scale * (1000 + rows @ slopes), table.rows[:3], num_features=7)


def test_a_class_that_is_never_predicted():
    table = make_table(classes=2)
    model = make_model(table)
    explainer = make_explainer(table)
    assert_like_lime(explainer, lambda rows: np.column_stack([model(rows), np.zeros(len(rows))]), table.rows[:2])


class Thirds(BaseDiscretizer):
    """A discretizer of one's own: lime's, with other edges."""

    def bins(self, data, _labels):
        return [np.percentile(data[:, column], [33, 67]) for column in self.to_discretize]


def test_a_discretizer_of_ones_own():
    table = make_table(classes=2)
    names = [f"x{column}" for column in range(table.rows.shape[1])]
    own = Thirds(table.rows, table.categorical, names)
    assert_like_lime(make_explainer(table, discretizer=own), make_model(table), table.rows[:3])


def test_statistics_in_place_of_training_data():
    table = make_table(classes=2, constant=False)
    known = make_explainer(table)
    parts = known.discretizer
    statistics = {
        "means": parts.means,
        "mins": parts.mins,
        "maxs": parts.maxs,
        "stds": parts.stds,
        "feature_values": known.feature_values,
        "feature_frequencies": known.feature_frequencies,
        "bins": {feature: edges[1:] for feature, edges in parts.mins.items()},
    }
    explainer = make_explainer(table, training_data_stats=statistics)
    assert_like_lime(explainer, make_model(table), table.rows[:3])


def test_more_than_sixty_four_features():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 70))
    table = Table(rows, (rows[:, 0] + rows[:, 68] > 0).astype(int), [])
    assert_like_lime(make_explainer(table), make_model(table), rows[:2], num_features=10)


def test_more_than_two_hundred_and_fifty_five_categories():
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.integers(0, 400, 2000), rng.normal(size=2000)]).astype(float)
    table = Table(rows, (rows[:, 1] + rows[:, 0] / 400 > 0.5).astype(int), [0])
    assert_like_lime(make_explainer(table), make_model(table), rows[:3], num_samples=3000)


@pytest.mark.parametrize("seed", [1, 2**32 - 1])
def test_seeds(seed):
    table = make_table(classes=2)
    assert_like_lime(make_explainer(table), make_model(table), table.rows[:1], seed=seed)


def test_the_engine_reference_agrees_as_well():
    table = make_table(classes=3)
    explainer, model = make_explainer(table), make_model(table)
    kept = {"labels": "all", "num_features": 7, "num_samples": 300}
    mine = explain_rows(explainer, model, table.rows[:2], engine="sampled", **kept)
    theirs = explain_rows(explainer, model, table.rows[:2], engine="reference", **kept)
    assert mine.select(["row_id", "label", "label_name", "prediction"]).equals(
        theirs.select(["row_id", "label", "label_name", "prediction"])
    )
    for one, other in zip(mine.to_pylist(), theirs.to_pylist(), strict=True):
        assert_agree(as_answer(one), as_answer(other))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(1, 9),
    levels=st.integers(1, 5),
    discretizer=st.sampled_from(["quartile", "decile", "none"]),
    selection=st.sampled_from(SELECTIONS),
    num_features=st.integers(1, 10),
    num_samples=st.integers(50, 400),
    kernel_width=st.one_of(st.none(), st.floats(0.3, 20)),
)
def test_any_table(seed, width, levels, discretizer, selection, num_features, num_samples, kernel_width):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(80, width)) * rng.uniform(0.1, 100, width)
    categorical = [column for column in range(width) if rng.random() < 0.3]
    for column in categorical:
        rows[:, column] = rng.integers(0, levels, len(rows))
    slopes = rng.normal(size=(width, 2)) / np.maximum(rows.std(axis=0), 1e-9)[:, None]
    explainer = LimeTabularExplainer(
        rows,
        categorical_features=categorical,
        discretizer="quartile" if discretizer == "none" else discretizer,
        discretize_continuous=discretizer != "none",
        feature_selection=selection,
        kernel_width=kernel_width,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_like_lime(
            explainer,
            lambda rows: softmax(np.sin(rows @ slopes), axis=1),
            rows[:2],
            num_features=num_features,
            num_samples=num_samples,
            seed=seed,
            recorded=False,
        )
