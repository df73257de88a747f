"""The expectations and the variance around a row are the true ones, and the same bits compiled and in numpy."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from scipy.integrate import quad
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sparklime_core.explain.compiled import tree_walks
from sparklime_core.explain.compiled.tree_walks import walk_trees
from sparklime_core.explain.exact import splits
from sparklime_core.explain.exact.columns import Column, read_columns
from sparklime_core.explain.exact.exact_engine import kernel_factor
from sparklime_core.explain.exact.expectations import Found, Spread, expectations, walk_numpy
from sparklime_core.explain.exact.splits import compile_trees
from sparklime_core.explain.kinds.ensemble import Ensemble
from sparklime_core.explain.kinds.model_kind import read_ensemble
from sparklime_core.explain.neighbourhood import Neighbourhood
from tests.unit.explain.exact.enumeration import border, enumerated, everything_drawn

CATEGORY = 2
WAYS = [(kind, width) for kind in ("quartile", "entropy") for width in (None, 0.4)]


@pytest.fixture(scope="module")
def table():
    """Three features: a plain one, one with a bin of one value and a gap, and a category that is half ordered."""
    state = np.random.RandomState(3)
    plain = state.normal(size=60)
    lumpy = -2 + np.where(state.rand(60) < 0.4, 0.0, state.gamma(2.0, size=60))
    category = state.randint(0, 3, size=60).astype(float)
    rows = np.column_stack([plain, lumpy, category])
    target = np.digitize(plain + lumpy + (category == 1) + 0.3 * state.normal(size=60), [-1.5, -0.2])
    return rows, target


def explainer_of(rows, target, mode, kind="quartile", width=None):
    return LimeTabularExplainer(
        rows,
        mode=mode,
        training_labels=target,
        categorical_features=[CATEGORY],
        categorical_names={CATEGORY: ["a", "b", "c", "never seen"]},
        discretizer=kind,
        kernel_width=width,
        random_state=0,
    )


MODELS = {
    "forest": RandomForestClassifier(4, max_depth=3, random_state=0),
    "weighted forest": RandomForestClassifier(3, class_weight="balanced", random_state=0),
    "extra": ExtraTreesClassifier(3, max_depth=4, random_state=0),
    "tree": DecisionTreeClassifier(random_state=0),
    "leaf": DecisionTreeClassifier(max_depth=1, min_samples_leaf=40, random_state=0),
    "regression forest": RandomForestRegressor(3, max_depth=4, random_state=0),
    "regression extra": ExtraTreesRegressor(3, max_depth=4, random_state=0),
    "regression tree": DecisionTreeRegressor(max_depth=4, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=4, max_depth=3, random_state=0),
    "boosting from zero": GradientBoostingRegressor(n_estimators=3, loss="huber", init="zero", random_state=0),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("kind", "width"), WAYS)
def test_expectations_are_those_of_an_enumeration(table, name, kind, width):
    rows, target = table
    model = MODELS[name].fit(rows, target)
    mode = "classification" if hasattr(model, "predict_proba") else "regression"
    predict = model.predict_proba if mode == "classification" else model.predict
    explainer = explainer_of(rows, target, mode, kind, width)
    ensemble, columns = read_ensemble(predict, mode), read_columns(explainer)
    trees = compile_trees(ensemble, columns, kernel_factor(explainer))
    bins = [len(column.codes) for column in columns]
    positions = np.array(list(itertools.product(*(range(count) for count in bins))))
    wanted = np.ones((len(positions), ensemble.value.shape[1]), dtype=bool)
    found = expectations(trees, trees.starts[:-1] + positions, wanted, listed=False)
    drawn = everything_drawn(explainer, ensemble)
    predicted = predict(drawn[:, :, 2]).reshape(len(drawn), -1)
    for at in range(0, len(positions), 5):
        codes = [column.codes[where] for column, where in zip(columns, positions[at], strict=True)]
        mean, covariance = enumerated(drawn, predicted, codes, kernel_factor(explainer))
        np.testing.assert_allclose(found.mean[at], mean, rtol=0, atol=1e-10)
        np.testing.assert_allclose(found.covariance[at], covariance, rtol=0, atol=1e-10)


def test_expectations_of_all_classes_add_up(table):
    rows, target = table
    model = ExtraTreesClassifier(50, random_state=0).fit(rows, target)
    explainer = explainer_of(rows, target, "classification")
    ensemble, columns = read_ensemble(model.predict_proba, "classification"), read_columns(explainer)
    trees = compile_trees(ensemble, columns, kernel_factor(explainer))
    positions = np.random.RandomState(0).randint(0, 3, size=(50, 3))
    found = expectations(trees, trees.starts[:-1] + positions, np.ones((50, 3), dtype=bool), listed=False)
    np.testing.assert_allclose(found.mean.sum(axis=1), 1.0, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.covariance.sum(axis=2), 0.0, rtol=0, atol=1e-13)
    assert (found.mean > 0).all()


def test_the_table_has_the_bins_that_are_hard(table):
    rows, target = table
    column = read_columns(explainer_of(rows, target, "classification"))
    assert (column[1].low == column[1].high).any()  # a bin of one value
    assert (column[CATEGORY].frequency == 0).any()  # a category that is known and never drawn


def test_only_wanted_labels_are_computed_and_blocks_change_nothing(table, monkeypatch):
    rows, target = table
    model = RandomForestClassifier(12, random_state=0).fit(rows, target)
    explainer = explainer_of(rows, target, "classification")
    ensemble, columns = read_ensemble(model.predict_proba, "classification"), read_columns(explainer)
    rho = kernel_factor(explainer)
    positions = np.array([[0, 0, 0], [1, 2, 1], [3, 1, 2], [2, 0, 0]])
    wanted = np.array([[True, True, True], [False, False, True], [True, False, True], [False, False, False]])
    trees = compile_trees(ensemble, columns, rho)
    own = trees.starts[:-1] + positions
    one, everything = (expectations(trees, own, labels, listed=True) for labels in (wanted, np.ones_like(wanted)))
    np.testing.assert_array_equal(one.effects, everything.effects[wanted.ravel()])
    np.testing.assert_array_equal(one.additive, everything.additive[wanted.ravel()])
    for some, every in ((one.mean, everything.mean), (one.covariance, everything.covariance)):
        np.testing.assert_array_equal(np.moveaxis(some, -1, 1)[wanted], np.moveaxis(every, -1, 1)[wanted])
        assert not np.moveaxis(some, -1, 1)[~wanted].any()
    monkeypatch.setattr(splits, "BLOCK_SPLITS", 1)
    many = compile_trees(ensemble, columns, rho)
    assert len(many.blocks) == 12
    again = expectations(many, own, wanted, listed=True)
    for name in ("mean", "covariance", "additive", "effects"):
        np.testing.assert_allclose(getattr(again, name), getattr(one, name), rtol=0, atol=1e-15)


def test_shares_below_a_threshold_are_those_of_limes_draws():
    state = np.random.RandomState(0)
    lumpy = np.concatenate([np.full(30, 2.0), np.full(30, 5.0), state.normal(50, 3, size=60)])
    rows = np.column_stack([lumpy, state.normal(size=120)])
    explainer = LimeTabularExplainer(rows, discretizer="decile", random_state=0)
    column = read_columns(explainer)[0]
    # 2 and 5 stand in bins whose other end lies elsewhere, with a standard deviation of 1e-11 about them.
    assert column.std.min() < 1e-10
    border = np.float64(np.float32(5.0))
    near = [np.nextafter(border, 9), border, np.nextafter(border, 0), np.float64(np.nextafter(np.float32(5), 9))]
    thresholds = np.sort(np.array([-1e6, 0.0, 1.9, 2.1, 4.9, 5.1, 44.0, 50.0, 55.5, 1e6, *near]))
    draws = 20_000
    share = column.share_below(thresholds)
    for code in range(len(column.codes)):
        if not column.frequency[code]:
            continue
        drawn = explainer.discretizer.get_undiscretize_values(0, np.full(draws, code)).astype(np.float32)
        seen = (drawn[:, None] <= thresholds).mean(axis=0)
        error = np.sqrt(share[:, code] * (1 - share[:, code]) / draws)
        assert (np.abs(seen - share[:, code]) <= 4.5 * error + 1e-12).all()


def test_shares_keep_their_digits_far_out_in_a_tail():
    one = np.ones(1)
    column = Column(np.zeros(1), one, low=30 * one, high=40 * one, mean=0 * one, std=one)
    threshold = 30.015625
    below, whole = (
        quad(lambda z: np.exp(450.0 - z**2 / 2), 30.0, end, epsrel=1e-12, points=[30.2])[0]
        for end in (border(threshold), 40.0)
    )
    assert column.share_below(np.array([threshold]))[0, 0] == pytest.approx(below / whole, rel=1e-10)


WANTED = np.array([[True, True, True], [False, True, False], [False, False, False], [True, False, True]])


@pytest.fixture(scope="module", params=["quartile", "decile"])
def trees(request):
    rows, target = load_wine(return_X_y=True)
    model = ExtraTreesClassifier(20, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, discretizer=request.param, random_state=0)
    ensemble = read_ensemble(model.predict_proba, "classification")
    return compile_trees(ensemble, read_columns(explainer), kernel_factor(explainer))


@pytest.mark.parametrize(("rows", "labels"), [(1, 10), (4, 10), (300, 10), (300, 2)])
def test_walks_are_the_same_bits_compiled_and_in_numpy(monkeypatch, trees, rows, labels):
    monkeypatch.setattr(tree_walks, "FEW_LABELS", labels)
    codes = np.random.RandomState(rows).randint(0, np.diff(trees.starts), size=(rows, 13))
    wanted = np.resize(WANTED, (rows, 3))
    order = np.argsort(~wanted, axis=1, kind="stable")
    pair = np.take_along_axis(np.where(wanted, np.cumsum(wanted).reshape(wanted.shape) - 1, -1), order, axis=1)
    found = []
    for way in (walk_numpy, walk_trees):
        found.append(Found.empty(wanted.sum(), 13, len(trees.frequency), listed=True))
        way(trees, codes, order, pair, found[-1])
    for in_numpy, compiled in zip(*found, strict=True):
        np.testing.assert_array_equal(in_numpy, compiled)
        assert in_numpy.any()


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_effects_cancel_and_their_squares_are_what_features_add(rho):
    rows, target = load_wine(return_X_y=True)
    model = ExtraTreesClassifier(5, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, random_state=0)
    trees = compile_trees(read_ensemble(model.predict_proba, "classification"), read_columns(explainer), rho)
    around = replace(Neighbourhood.of(explainer, rho ** np.arange(14.0)), rho=rho)
    own = trees.starts[:-1] + np.random.RandomState(0).randint(0, np.diff(trees.starts), size=(20, 13))
    found = expectations(trees, own, np.ones((20, 1), dtype=bool), listed=True)
    entries = around.entries(np.tile(np.arange(13), (20, 1)), own)
    effects = found.effects[entries.pair, entries.bin]
    np.testing.assert_allclose(entries.by_feature(entries.share * effects), 0.0, atol=1e-14)
    squares = entries.by_feature(entries.share * effects**2)
    np.testing.assert_allclose(
        found.additive[entries.pair[entries.first], entries.feature[entries.first]], squares, atol=1e-15
    )
    assert squares.any()


CODES = 5
WIDTH = 9
SAMPLES = 203
WANTED_OF_POOL = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])


@pytest.fixture
def pool():
    rng = np.random.default_rng(0)
    one = np.ones(CODES)
    columns = (Column(np.arange(float(CODES)), one / CODES, -one, one, 0 * one, one),) * WIDTH
    codes, predictions = rng.integers(0, CODES, (SAMPLES, WIDTH)).astype(float), rng.normal(3, 1e3, (SAMPLES, 3))
    kernel = 0.7 ** np.arange(WIDTH + 1.0)
    return Spread.of_pool(columns, codes, predictions, kernel), codes, predictions, kernel


def test_the_variance_is_that_of_the_weighted_samples(pool):
    spread, codes, predictions, kernel = pool
    rows = np.random.default_rng(1).integers(0, CODES, (4, WIDTH))
    found = spread.variance(rows, WANTED_OF_POOL)
    for row, wanted, here in zip(rows, WANTED_OF_POOL, found, strict=True):
        weights = kernel[(codes != row).sum(axis=1)]
        mean = np.average(predictions, axis=0, weights=weights)
        expected = np.average((predictions - mean) ** 2, axis=0, weights=weights)
        np.testing.assert_allclose(here[wanted], expected[wanted], rtol=1e-7)
        assert not here[~wanted].any()


def test_the_variance_is_the_same_bits_compiled_and_in_numpy(pool, request):
    spread = pool[0]
    rows = np.random.default_rng(2).integers(0, CODES, (4, WIDTH))
    compiled = spread.variance(rows, WANTED_OF_POOL)
    request.getfixturevalue("without_numba")
    np.testing.assert_array_equal(spread.variance(rows, WANTED_OF_POOL), compiled)


def test_a_table_of_more_features_than_16_bits_count_has_its_variance():
    wide = 70_000
    codes = np.zeros((wide, 3), dtype=np.uint8)
    codes[1:, 2] = 1
    kernel = np.ones(wide + 1)
    kernel[wide] = 2.0  # of samples that agree in all features
    spread = Spread(codes, np.array([[[0, 0, 8], [0, 0, 64]]]), np.ones((1, 2)), kernel)
    found = spread.variance(np.zeros((1, wide), dtype=np.int64), np.ones((1, 1), dtype=bool))
    assert found[0, 0] == pytest.approx(64 / 5 - (8 / 5) ** 2)


def test_a_kernel_without_weight_leaves_no_variance(pool):
    spread = pool[0]
    nothing = Spread(spread.codes, spread.powers, spread.units, np.zeros_like(spread.kernel))
    assert not nothing.variance(np.zeros((4, WIDTH), dtype=np.int64), WANTED_OF_POOL).any()


def test_symmetric_trees_split_beyond_their_intervals(table):
    rows, target = table
    asked = [(0, 0.0), (0, -0.7), (1, -1.0), (0, 0.6)]  # one question for each depth, as CatBoost asks
    inner = 2 ** len(asked) - 1
    depth = np.log2(np.arange(1, inner + 1)).astype(int)
    values = np.random.RandomState(1).normal(size=(inner + 1, 1))
    children = np.concatenate([2 * np.arange(inner) + 1, np.full(inner + 1, -2)])
    ensemble = Ensemble(
        roots=np.array([0]),
        left=np.maximum(children, -1),
        right=np.maximum(children + 1, -1),
        feature=np.append([asked[at][0] for at in depth], np.zeros(inner + 1, dtype=int)),
        threshold=np.append([asked[at][1] for at in depth], np.zeros(inner + 1)),
        value=np.concatenate([np.zeros((inner, 1)), values]),
        offset=np.zeros(1),
        visits=4.0,
    )
    explainer = explainer_of(rows, target, "regression")
    trees = compile_trees(ensemble, read_columns(explainer), kernel_factor(explainer))
    drawn = everything_drawn(explainer, ensemble)
    leaf = sum(
        (np.float32(drawn[:, feature, 2]) > at) * 2 ** (len(asked) - 1 - level)
        for level, (feature, at) in enumerate(asked)
    )
    own = trees.starts[:-1] + np.array([[0, 1, 0], [2, 0, 1]])
    found = expectations(trees, own, np.ones((2, 1), dtype=bool), listed=False)
    columns = read_columns(explainer)
    for at, positions in enumerate(own - trees.starts[:-1]):
        codes = [column.codes[where] for column, where in zip(columns, positions, strict=True)]
        mean, covariance = enumerated(drawn, values[leaf], codes, kernel_factor(explainer))
        np.testing.assert_allclose(found.mean[at], mean, rtol=0, atol=1e-10)
        np.testing.assert_allclose(found.covariance[at], covariance, rtol=0, atol=1e-10)
