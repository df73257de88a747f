"""Profiles against brute sampling: forests, extra trees, regression, categories, gaps, deciles; and their laws."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor

from sparklime_core import build_explainer, explain_rows, load_sample
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.sampled.pool import draw_pool
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.explain.vocabulary import codes_of

DRAWN = 120_000
ERRORS = 5.0
"""Standard errors that no effect may be off by; there are some thousand effects."""


@dataclass(frozen=True)
class Case:
    explainer: LimeTabularExplainer
    model: object
    rows: np.ndarray

    @property
    def predict(self):
        regression = self.explainer.mode == "regression"
        return self.model.predict if regression else self.model.predict_proba


def quartiles():
    rows, target = load_wine(return_X_y=True)
    model = RandomForestClassifier(15, max_depth=6, random_state=0).fit(rows, target)
    return Case(LimeTabularExplainer(rows, random_state=0), model, rows)


def deciles():
    rows, target = load_diabetes(return_X_y=True)
    model = RandomForestRegressor(15, max_depth=6, random_state=0).fit(rows, target)
    return Case(LimeTabularExplainer(rows, mode="regression", discretizer="decile", random_state=0), model, rows)


def narrow():
    rows, target = load_wine(return_X_y=True)
    model = ExtraTreesClassifier(15, max_depth=6, random_state=0).fit(rows, target)
    return Case(LimeTabularExplainer(rows, kernel_width=1.5, random_state=0), model, rows)


def gaps_and_categories():
    dataset = load_sample("penguins")
    model = ExtraTreesClassifier(15, max_depth=6, random_state=0).fit(dataset.features, dataset.target)
    assert dataset.missing_values
    assert dataset.categorical_features
    return Case(build_explainer(dataset, ExplainerSettings(discretizer="entropy")), model, dataset.features)


CASES = {made.__name__: cache(made) for made in (quartiles, deciles, narrow, gaps_and_categories)}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]()


def solved(case, engine, rows, **settings):
    """Return the surrogates of all labels, with all features, as the engine has them."""
    width = rows.shape[1]
    task = prepare_task(
        case.explainer, case.predict, ExplainSettings(engine, "all", width, profiles=True, **settings)
    )
    _, predictions, wanted = task.examine(rows)
    return task.engine.solve(rows, predictions, wanted), wanted


def brute(case, rows):
    """Return effects and their standard errors {(pair, feature, code)}, from samples alone."""
    pool = draw_pool(case.explainer, case.predict, ExplainSettings(num_samples=DRAWN, seed=99))
    found, pair = {}, 0
    for codes in codes_of(case.explainer, rows):
        mismatches = (pool.codes != codes).sum(axis=1)
        weight = np.asarray(case.explainer.base.kernel_fn(np.sqrt(mismatches)))
        for values in pool.predictions.T:
            residual = values - np.average(values, weights=weight)
            for feature in range(rows.shape[1]):
                for code in np.unique(pool.codes[:, feature]):
                    at = pool.codes[:, feature] == code
                    inside = weight[at]
                    effect = np.average(residual[at], weights=inside)
                    error = np.sqrt((inside**2 * (residual[at] - effect) ** 2).sum()) / inside.sum()
                    found[pair, feature, int(code)] = (effect, error)
            pair += 1
    return found


def listed(found):
    entries = found.profiles.entries
    keys = zip(entries.pair.tolist(), entries.feature.tolist(), entries.code.tolist(), strict=True)
    return dict(
        zip(keys, zip(found.profiles.effects, found.profiles.errors, entries.share, strict=True), strict=True)
    )


def test_exact_effects_are_those_of_brute_sampling(case):
    rows = case.rows[::60][:3]
    found, expected = listed(solved(case, "exact", rows)[0]), brute(case, rows)
    for key, (effect, error) in expected.items():
        assert abs(found[key][0] - effect) <= ERRORS * error + 1e-9


def test_sampled_effects_are_within_their_stated_errors(case):
    rows = case.rows[::9][:12]
    exact, sampled = (listed(solved(case, engine, rows)[0]) for engine in ("exact", "sampled"))
    assert exact.keys() == sampled.keys()
    off = []
    for key, (effect, error, share) in sampled.items():
        assert share == pytest.approx(exact[key][2], abs=1e-15)
        if np.isnan(effect):
            assert np.isnan(error)
        elif error > 0:
            off.append((effect - exact[key][0]) / error)
    assert np.abs(off).max() < ERRORS + 1
    assert 0.4 < np.sqrt(np.mean(np.square(off))) < 1.5


def test_the_additive_surrogate_takes_most_of_the_noise_away():
    case = quartiles()
    rows = case.rows[::30]
    exact, sampled = (listed(solved(case, engine, rows)[0]) for engine in ("exact", "sampled"))
    plain = brute(replace(case, rows=rows), rows[:1])  # of many more samples
    ours = np.sqrt(np.mean([(sampled[key][0] - exact[key][0]) ** 2 for key in plain]))
    theirs = np.sqrt(np.mean([error**2 for _, error in plain.values()]) * DRAWN / 5000)
    assert ours < 0.7 * theirs


def test_the_laws_of_profiles(case):
    rows = case.rows[::40]
    for engine in ("exact", "sampled", "reference"):
        found = explain_rows(
            case.explainer, case.predict, rows[:2] if engine == "reference" else rows, engine=engine, profiles=True
        )
        for result in found.to_pylist():
            assert result["error"] is None
            assert 0 <= result["profile_score"] <= 1
            assert 0 < result["effective_share"] <= 1
            assert len(result["profiles"]) == len(result["explanation"])
            for reason, profile in zip(result["explanation"], result["profiles"], strict=True):
                assert profile["feature"] == reason["feature"]
                conditions = [entry["condition"] for entry in profile["bins"]]
                assert reason["feature_explanation"] in conditions
                assert len(set(conditions)) == len(conditions)
                assert sum(entry["share"] for entry in profile["bins"]) == pytest.approx(1, abs=1e-12)
                effects = [(entry["share"], entry["effect"]) for entry in profile["bins"]]
                scale = max(abs(effect) for _, effect in effects)
                assert abs(sum(share * effect for share, effect in effects)) <= 1e-13 * max(scale, 1)


def test_limes_weight_is_what_the_profile_says_at_the_rows_own_bin():
    case = quartiles()
    rows = case.rows[::40]
    huge = 10**9  # so that neither ridge nor lime's sample 0 counts
    found, _ = solved(case, "exact", rows[:2])
    task = prepare_task(case.explainer, case.predict, ExplainSettings("exact", "all", 13, 5000))
    engine = replace(task.engine, settings=replace(task.engine.settings, num_samples=huge))
    _, predictions, wanted = task.examine(rows[:2])
    fitted = engine.solve(rows[:2], predictions, wanted)
    entries = found.profiles.entries
    own = entries.own
    weight = {
        (p, f): w for p, row in enumerate(fitted.features) for f, w in zip(row, fitted.weights[p], strict=True)
    }
    assert own.sum() == len(weight)
    for pair, feature, effect, share in zip(
        entries.pair[own], entries.feature[own], found.profiles.effects[own], entries.share[own], strict=True
    ):
        assert effect / (1 - share) == pytest.approx(weight[pair, feature], abs=1e-6)


def test_the_reference_has_the_profile_of_the_sampled_engine():
    rows, target = load_breast_cancer(return_X_y=True)
    model = RandomForestClassifier(10, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, random_state=0)
    lime, ours = (
        explain_rows(explainer, model.predict_proba, rows[:2], engine=engine, num_samples=500, profiles=True)
        for engine in ("reference", "sampled")
    )
    for name in ("profile_score", "effective_share"):
        np.testing.assert_allclose(lime[name].to_numpy(), ours[name].to_numpy(), rtol=1e-9)
    assert [[entry["feature"] for entry in row] for row in lime["profiles"].to_pylist()] == [
        [entry["feature"] for entry in row] for row in ours["profiles"].to_pylist()
    ]


def test_a_model_of_interactions_has_a_low_score_and_an_additive_one_a_high_one():
    rows = np.random.RandomState(0).normal(size=(2000, 4))
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
    scores = {}
    for name, target in {"additive": rows.sum(axis=1), "product": rows[:, 0] * rows[:, 1]}.items():
        model = RandomForestRegressor(20, max_depth=9, min_samples_leaf=5, random_state=0).fit(rows, target)
        for engine in ("exact", "sampled"):
            found = explain_rows(explainer, model.predict, rows[:40], engine=engine)
            scores[name, engine] = np.median(found["profile_score"].to_numpy())
    for engine in ("exact", "sampled"):
        assert scores["additive", engine] > 0.8
        assert scores["product", engine] < 0.2
