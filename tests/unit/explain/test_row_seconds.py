"""What a row is expected to cost: of the engine's own kind, of its size, and of the stability that is measured."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import RandomForestClassifier

from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.stability_task import prepare_measured

ROWS = np.random.default_rng(0).normal(size=(300, 4))
FOREST = RandomForestClassifier(5, random_state=0).fit(ROWS, np.arange(300) % 3)


def cost(engine: str = "sampled", forest: RandomForestClassifier = FOREST, **settings: object) -> float:
    explainer = LimeTabularExplainer(ROWS)
    return prepare_task(explainer, forest.predict_proba, ExplainSettings(engine, **settings)).row_seconds


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_small_table_costs_what_a_medium_one_does(engine: str) -> None:
    assert cost(engine) == ENGINES[engine].row_seconds


def test_samples_cost_those_who_draw_them() -> None:
    assert cost(num_samples=50_000) == pytest.approx(10 * cost())
    assert cost(num_samples=50) == cost()
    assert cost("exact", num_samples=50_000) == cost("exact")


def test_splits_and_labels_cost_exact() -> None:
    large = RandomForestClassifier(500, random_state=0).fit(ROWS, np.arange(300) % 3)
    assert cost("exact", large) > cost("exact")
    assert cost("exact", large, labels="all") == pytest.approx(2 * cost("exact", large))


def test_features_without_bins_cost_more_and_own_neighbours_as_much_as_with_lime() -> None:
    def unbinned(*, around: bool) -> float:
        explainer = LimeTabularExplainer(ROWS, discretize_continuous=False, sample_around_instance=around)
        return prepare_task(explainer, FOREST.predict_proba, ExplainSettings()).row_seconds

    assert cost() < unbinned(around=False) < unbinned(around=True) == cost("reference")


def test_stability_costs_its_pools_on_the_rows_that_are_measured() -> None:
    def measured(pools: int, every: int, engine: str = "sampled") -> float:
        explainer = LimeTabularExplainer(ROWS)
        task = prepare_measured(explainer, FOREST.predict_proba, ExplainSettings(engine), pools, every)
        return task.row_seconds

    exact = cost("exact")
    assert measured(5, 1) == pytest.approx(5 * cost() + exact)  # the first pool explains, and exact is the truth
    assert measured(5, 10) == pytest.approx(cost() + (4 * cost() + exact) / 10)
    assert measured(5, 1, "exact") == pytest.approx(exact + 5 * cost())
