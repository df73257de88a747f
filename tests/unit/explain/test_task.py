"""How many rows of a block are solved at once: a wide table's matrices never lie in memory all together."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from sparklime_core.explain import products
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.solved_block import SolvedBlock, SolvedPart
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.task import BLOCK_ROWS

ROWS, COLUMNS = 40, 13


@dataclasses.dataclass(frozen=True)
class Watched:
    """An engine that notes how many rows it is asked about."""

    engine: object
    asked: list

    def solve(self, rows, predictions, wanted):
        self.asked.append(len(rows))
        return self.engine.solve(rows, predictions, wanted)


@pytest.fixture(scope="module")
def wine():
    bunch = load_wine()
    forest = RandomForestClassifier(10, random_state=0).fit(bunch.data, bunch.target)
    return bunch.data[:ROWS], forest, LimeTabularExplainer(bunch.data)


def test_the_matrices_of_a_block_have_a_bound():
    assert products.matrices_at_once(COLUMNS) > BLOCK_ROWS
    assert products.matrices_at_once(1_000) * 1_000**2 <= products.MOST_PRODUCTS
    assert products.matrices_at_once(1_000) == 16
    assert products.matrices_at_once(100_000) == 1  # a row cannot be cut


@pytest.mark.parametrize(("engine", "at_once"), [("sampled", [7, 7, 7, 7, 7, 5]), ("exact", [ROWS])])
@pytest.mark.parametrize("num_features", [3, 10])  # two ways to choose
def test_rows_that_are_solved_a_few_at_a_time_have_the_same_bits(wine, engine, at_once, num_features, monkeypatch):
    rows, forest, explainer = wine
    settings = ExplainSettings(engine, num_samples=200, num_features=num_features, profiles=True)
    task, asked = prepare_task(explainer, forest.predict_proba, settings), []
    expected = task.explain(rows, np.arange(ROWS))
    monkeypatch.setattr(products, "MOST_PRODUCTS", 7 * COLUMNS**2)
    watched = dataclasses.replace(task, engine=Watched(task.engine, asked))
    assert watched.explain(rows, np.arange(ROWS)).equals(expected)
    assert asked == at_once


def test_a_row_that_fails_costs_only_itself_where_few_are_solved_at_once(wine, monkeypatch):
    rows, forest, explainer = wine
    task = prepare_task(explainer, forest.predict_proba, ExplainSettings(num_samples=200, profiles=True))
    expected = task.explain(rows, np.arange(ROWS)).to_pylist()
    monkeypatch.setattr(products, "MOST_PRODUCTS", 7 * COLUMNS**2)

    class Fails(Watched):
        def solve(self, given, predictions, wanted):
            if (given == rows[9]).all(axis=1).any():
                raise ValueError("not this row")
            return super().solve(given, predictions, wanted)

    failing = dataclasses.replace(task, engine=Fails(task.engine, []))
    found = failing.explain(rows, np.arange(ROWS)).to_pylist()
    assert found[9]["error"] == "not this row"
    assert found[:9] + found[10:] == expected[:9] + expected[10:]


def test_more_rows_than_are_solved_at_once_need_no_more_matrices(monkeypatch):
    columns, at_once = 200, 4
    rows = np.random.default_rng(0).normal(size=(64, columns))
    explainer = LimeTabularExplainer(rows, feature_selection="none", random_state=0)
    forest = RandomForestClassifier(3, random_state=0).fit(rows, np.arange(64) % 4)
    settings = ExplainSettings(labels="all", num_samples=100)
    task = prepare_measured(explainer, forest.predict_proba, settings, 2)
    monkeypatch.setattr(products, "MOST_PRODUCTS", at_once * columns**2)
    peaks = {}
    for count in (at_once, 16 * at_once):
        task.explain_and_measure(rows[:count], np.arange(count))
        tracemalloc.start()
        task.explain_and_measure(rows[:count], np.arange(count))
        peaks[count] = tracemalloc.get_traced_memory()[1] / (at_once * columns**2 * 8)
        tracemalloc.stop()
    assert peaks[16 * at_once] < 1.5 * peaks[at_once]


@pytest.mark.parametrize("engine", ["sampled", "exact"])
def test_stability_is_measured_a_few_rows_at_a_time_with_the_same_bits(wine, engine, monkeypatch):
    rows, forest, explainer = wine
    task = prepare_measured(explainer, forest.predict_proba, ExplainSettings(engine, num_samples=200), 3, every=2)
    expected = task.explain_and_measure(rows, np.arange(ROWS))
    monkeypatch.setattr(products, "MOST_PRODUCTS", 7 * COLUMNS**2)
    assert task.explain_and_measure(rows, np.arange(ROWS)) == expected


def test_a_block_holds_the_longest_explanation_and_not_the_whole_table():
    count, pairs = 1_000, 4
    rising = np.arange(3)
    short = Surrogates(
        np.tile(np.append(rising, np.full(count - 3, -1)), (pairs, 1)),
        np.ones((pairs, count)),
        *np.ones((3, pairs)),
    )
    single = Surrogates(np.full((pairs, 1), 7), np.ones((pairs, 1)), *np.ones((3, pairs)))
    row, label = np.divmod(np.arange(2 * pairs), 2)
    parts = [
        SolvedPart.of(row[:pairs], label[:pairs], short, listed=False),
        SolvedPart.of(row[pairs:], label[pairs:], single, listed=False),
    ]
    held = SolvedBlock.of((4, 2), parts).surrogates.features
    np.testing.assert_array_equal(held[:2].reshape(pairs, -1), np.tile(rising, (pairs, 1)))
    np.testing.assert_array_equal(held[2:].reshape(pairs, -1), np.tile([7, -1, -1], (pairs, 1)))
