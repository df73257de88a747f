"""The engine ``exact`` against lime itself: the mean of many runs, and how fast lime comes near."""

from types import SimpleNamespace

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import explain_rows
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import ExplainerSettings
from tests.parity.limes_own import Answer, as_answer, ask_lime
from tests.parity.recorded import Said, check_against_lime

RUNS = 40
SAMPLES = 2000


def wine_forest():
    rows, target = load_wine(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(rows, target)
    return LimeTabularExplainer(rows, feature_selection="none"), model, rows


def extra_trees_with_categories():
    state = np.random.RandomState(1)
    rows = np.column_stack(
        [state.normal(size=400), state.randint(0, 4, 400), np.full(400, 7.0), state.randint(0, 2, 400)]
    )
    target = (rows[:, 0] + (rows[:, 1] == 2) - rows[:, 3] + state.normal(size=400) > 0).astype(int)
    model = ExtraTreesClassifier(10, max_depth=6, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(
        rows, training_labels=target, categorical_features=[1, 3], discretizer="entropy", feature_selection="none"
    )
    return explainer, model, rows


def diabetes_forest_with_deciles():
    rows, target = load_diabetes(return_X_y=True)
    model = RandomForestRegressor(10, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode="regression", discretizer="decile", feature_selection="none")
    return explainer, model, rows


def diabetes_boosting():
    rows, target = load_diabetes(return_X_y=True)
    model = GradientBoostingRegressor(n_estimators=30, subsample=0.5, random_state=0).fit(rows, target)
    return LimeTabularExplainer(rows, mode="regression", feature_selection="none"), model, rows


def counts_tree():
    """Counts, less three: bins of one value (which lime draws as 0), empty ones, and ones that lean to an end."""
    state = np.random.RandomState(2)
    rows = -3.0 + state.poisson([0.3, 1.0, 3.0, 0.05], size=(500, 4))
    target = (rows[:, 0] + rows[:, 1] > rows[:, 2]).astype(int)
    model = DecisionTreeClassifier(max_depth=5, random_state=0).fit(rows, target)
    return LimeTabularExplainer(rows, feature_selection="none"), model, rows


def forest_with_gaps():
    """Missing values as a sentinel that has a bin of its own, with a standard deviation of 1e-11 about it."""
    state = np.random.RandomState(3)
    rows = state.normal(size=(400, 3))
    rows[state.rand(400) < 0.3, 0] = -9.0
    target = ((rows[:, 0] == -9.0) | (rows[:, 1] > 0.5)).astype(int)
    dataset = SimpleNamespace(
        features=rows,
        feature_names=("0", "1", "2"),
        categorical_features=(),
        categorical_names={},
        missing_values={0: -9.0},
        target=target,
        labelled=np.full(len(rows), True),
        target_name="y",
        class_names=("no", "yes"),
    )
    model = RandomForestClassifier(10, random_state=0).fit(rows, target)
    explainer = build_explainer(dataset, ExplainerSettings(feature_selection="none"))
    return explainer, model, rows


CASES = [
    wine_forest,
    extra_trees_with_categories,
    diabetes_forest_with_deciles,
    diabetes_boosting,
    counts_tree,
    forest_with_gaps,
]


def weights_of(table):
    """Return (pairs, d) weights in the order of the features, and the intercepts."""
    ordered = [
        sorted((int(term["feature"]), term["weight"]) for term in terms)
        for terms in table["explanation"].to_pylist()
    ]
    return np.array(ordered)[:, :, 1], table["intercept"].to_numpy()


def limes_weights(explainer, model, rows, labels, num_samples, seed):
    """Ask lime under a seed; return its weights, intercepts, scores and local predictions in one array."""
    table = explain_rows(
        explainer, model, rows, engine="reference", labels=labels, num_samples=num_samples, seed=seed
    )
    others = [table[name].to_numpy() for name in ("score", "local_prediction")]
    return np.column_stack([*weights_of(table), *others])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_agrees_with_the_mean_of_many_lime_runs(case):
    explainer, model, rows = case()
    some = rows[[0, len(rows) // 2]]
    table = explain_rows(explainer, model, some, engine="exact", labels="all", num_samples=SAMPLES)
    exact = np.column_stack(weights_of(table))

    def ask(seed):
        return lambda: Said([], limes_weights(explainer, model, some, "all", SAMPLES, seed).ravel().tolist())

    def check(answers):
        limes = np.array([said.figures for said in answers]).reshape(RUNS, len(exact), -1)
        runs = limes[:, :, :-2]
        spread = np.std(runs, axis=0, ddof=1)
        error = spread / np.sqrt(RUNS)
        assert (spread > 0).any()
        z = (np.mean(runs, axis=0) - exact) / np.where(error > 0, error, 1.0)
        assert np.abs(z).max() < 4.5
        # One chance in a hundred is 2.7; a bias that each weight has a little of would show in the mean square.
        assert np.mean(z**2) < 2.0
        for name, place in (("score", -2), ("local_prediction", -1)):
            np.testing.assert_allclose(table[name].to_numpy(), limes[-1, :, place], rtol=0.15, atol=0.05)

    check_against_lime({str(seed): ask(seed) for seed in range(RUNS)}, check)
    predict = getattr(model, "predict_proba", model.predict)
    np.testing.assert_allclose(table["prediction"].to_numpy(), np.ravel(predict(some)), rtol=1e-9)


def test_limes_error_against_it_falls_as_one_over_the_root_of_the_samples():
    rows, target = load_diabetes(return_X_y=True)
    model = RandomForestRegressor(5, max_depth=5, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode="regression", feature_selection="none")
    sizes, seeds = [300, 1200, 4800, 19200], range(10)
    exact = np.array(
        [
            weights_of(explain_rows(explainer, model, rows[:1], engine="exact", num_samples=size))[0][0]
            for size in sizes
        ]
    )

    def ask(size, seed):
        found = lambda: limes_weights(explainer, model, rows[:1], "all", size, seed)  # noqa: E731
        return lambda: Said([], found()[0, :-3].tolist())

    def check(answers):
        limes = np.array([said.figures for said in answers]).reshape(len(sizes), len(seeds), -1)
        errors = np.sqrt(np.mean((limes - exact[:, None]) ** 2, axis=(1, 2)))
        slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
        assert slope == pytest.approx(-0.5, abs=0.1)

    check_against_lime({f"{size} {seed}": ask(size, seed) for size in sizes for seed in seeds}, check)


@pytest.mark.parametrize("selection", ["highest_weights", "forward_selection", "lasso_path", "none", "auto"])
def test_selects_what_lime_selects_from_very_many_samples(selection):
    rows, target = load_diabetes(return_X_y=True)
    model = RandomForestRegressor(5, max_depth=4, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode="regression", feature_selection=selection)
    kept = {"num_features": 3, "num_samples": 100_000}
    exact = as_answer(explain_rows(explainer, model, rows[:1], engine="exact", **kept).to_pylist()[0])

    def check(answers):
        lime = Answer.of(answers[0])
        assert len(exact.terms) == len(lime.terms)
        for (text, weight), (limes_text, limes_weight) in list(zip(exact.terms, lime.terms, strict=True))[:3]:
            assert text == limes_text
            assert weight == pytest.approx(limes_weight, rel=0.1)
        assert exact.score == pytest.approx(lime.score, abs=0.02)
        assert exact.local_prediction == pytest.approx(lime.local_prediction, rel=0.02)

    check_against_lime({"lime": lambda: ask_lime(explainer, model.predict, rows[0], 1, **kept).said()}, check)


def test_no_seed_touches_anything_but_the_score():
    rows, target = load_breast_cancer(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows)
    one, other = (explain_rows(explainer, model, rows[:20], engine="exact", seed=seed) for seed in (1, 2))
    scores = ["score", "profile_score"]
    assert one.drop_columns(scores).equals(other.drop_columns(scores))
    for name in scores:
        np.testing.assert_allclose(one[name].to_numpy(), other[name].to_numpy(), atol=0.05)


@pytest.mark.parametrize("labels", ["predicted", "all", (1,)])
def test_a_rows_bits_do_not_depend_on_the_rows_beside_it(labels):
    rows, target = load_wine(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows)
    together = (
        explain_rows(explainer, model, rows, engine="exact", labels=labels).drop_columns("row_id").to_pylist()
    )
    a_row = len(together) // len(rows)
    backwards = explain_rows(explainer, model, rows[::-1], engine="exact", labels=labels)
    backwards = backwards.drop_columns("row_id").to_pylist()
    for row in (0, 60, 100, 177):
        here = together[row * a_row : (row + 1) * a_row]
        alone = explain_rows(explainer, model, rows[row : row + 1], engine="exact", labels=labels)
        assert alone.drop_columns("row_id").to_pylist() == here
        mirrored = len(rows) - 1 - row
        assert backwards[mirrored * a_row : (mirrored + 1) * a_row] == here


def test_scores_are_at_most_one_even_of_a_model_that_is_linear():
    state = np.random.RandomState(0)
    rows = state.randint(0, 2, size=(200, 3)).astype(float)
    target = rows[:, 0].astype(int)
    model = DecisionTreeClassifier(random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, categorical_features=[0, 1, 2])
    for seed in range(5):
        table = explain_rows(explainer, model, rows[:8], engine="exact", num_samples=300, seed=seed)
        scores = table["score"].to_numpy()
        assert (scores <= 1).all()
        assert (scores > 0.95).all()
