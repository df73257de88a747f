"""The submodular pick, against lime's own on the same explanations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lime.submodular_pick import SubmodularPick

from sparklime_core.data.samples import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.results import explanations_of
from sparklime_core.runs.query.row_sample import sample_rows
from sparklime_core.runs.query.weight_totals import Explained
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.submodular_pick import submodular_pick
from tests.finished_run import make_run


@dataclass
class Stored:
    """An explanation that was made before, as lime's pick asks for it."""

    entries: Sequence[tuple[str, float]]
    mode: str = "classification"

    def available_labels(self) -> list[int]:
        return [1]

    def as_list(self, label: int = 1) -> Sequence[tuple[str, float]]:
        return self.entries


class StoredExplainer:
    """Gives lime's pick the explanations that are stored, row by row."""

    def explain_instance(self, row: Stored, predict_fn: object, **settings: object) -> Stored:
        return row


def limes_pick(explanations: Sequence[Sequence[tuple[str, float]]], budget: int) -> list[int]:
    rows = [Stored(entries) for entries in explanations]
    return list(SubmodularPick(StoredExplainer(), rows, None, method="full", num_exps_desired=budget).V)


@pytest.mark.parametrize("seed", range(8))
def test_the_same_rows_are_picked_as_by_lime(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.normal(size=(40, 30)) * (random.random((40, 30)) < 0.15)

    pick = submodular_pick(weights, 6)

    explanations = [[(f"c{at}", row[at]) for at in np.flatnonzero(row)] for row in weights]
    assert list(pick.places) == limes_pick(explanations, 6)
    assert list(pick.coverage) == sorted(pick.coverage)


def test_the_same_rows_of_a_run_are_picked_as_by_lime(tmp_path: Path) -> None:
    dataset = load_sample("penguins")
    model = train_forest(dataset, n_estimators=10)
    run = make_run(RunStore(tmp_path), dataset, model, 40, labels="all")
    sample = sample_rows(run, RowFilter(), Explained(1))

    pick = submodular_pick(sample.conditions, 5)

    explanations = [
        [
            (entry["feature_explanation"], entry["weight"])
            for result in explanations_of(run, int(row))
            if result["label"] == 1
            for entry in result["explanation"]
        ]
        for row in sample.rows["row_id"]
    ]
    assert list(pick.places) == limes_pick(explanations, 5)[: len(pick.places)]
    assert len(pick.places) > 2


def test_of_rows_that_cover_as_much_the_last_is_picked_as_by_lime() -> None:
    weights = np.array([[0.1, 0.2, 0, 0.3], [-0.1, 0.2, 0, -0.3], [0, 0, 0.1, 0], [0, 0, -0.1, 0]])

    assert submodular_pick(weights, 2).places == (1, 3)


def test_it_ends_when_everything_is_covered() -> None:
    weights = np.array([[0.5, 0.0], [0.5, 0.1], [0.5, 0.0]])

    pick = submodular_pick(weights, 3)

    assert pick.places == (1,)
    assert pick.coverage == (1.0,)


@pytest.mark.parametrize("weights", [np.zeros((0, 0)), np.zeros((3, 0)), np.zeros((2, 4))])
def test_nothing_is_picked_where_nothing_is_named(weights: np.ndarray) -> None:
    assert submodular_pick(weights, 5).places == ()
