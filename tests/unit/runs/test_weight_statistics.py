"""Groups of similar rows, the difference of two groups, and the rows that show most."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from lime.submodular_pick import SubmodularPick
from scipy import stats
from sklearn.metrics import silhouette_score

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.types import FloatArray
from sparklime_core.models.train import train_forest
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.query.weights import Totals, WeightLabel, sample_rows
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.weight_statistics import MOST_GROUPS, differences, group_rows, submodular_pick
from tests.finished_run import make_run

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def three() -> tuple[np.ndarray, np.ndarray]:
    """Return rows around three centres that are far apart, in a random order, and their centres' numbers."""
    random = np.random.default_rng(0)
    truth = random.permutation(np.repeat([0, 1, 2], [50, 30, 10]))
    centres = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 1]])
    return centres[truth] + random.normal(scale=0.05, size=(90, 4)), truth


def test_groups_are_found_by_themselves_and_numbered_by_size(three: tuple[np.ndarray, np.ndarray]) -> None:
    weights, truth = three

    groups = group_rows(weights)

    assert list(groups.group) == list(truth)
    assert groups.silhouette == pytest.approx(silhouette_score(weights, truth))


def test_neighbours_of_one_group_stay_together(three: tuple[np.ndarray, np.ndarray]) -> None:
    weights, _ = three
    groups = group_rows(weights, 5)

    ordered = groups.group[groups.order]

    assert sorted(groups.order) == list(range(len(weights)))
    assert list(ordered) == sorted(ordered)
    assert len(groups.typical) == 5
    sizes = np.bincount(groups.group)
    assert list(sizes) == sorted(sizes, reverse=True)


def test_the_typical_row_is_the_one_nearest_to_its_groups_mean(three: tuple[np.ndarray, np.ndarray]) -> None:
    weights, _ = three
    groups = group_rows(weights)

    for number, typical in enumerate(groups.typical):
        members = weights[groups.group == number]
        away = np.linalg.norm(members - members.mean(axis=0), axis=1)
        assert groups.group[typical] == number
        assert np.linalg.norm(weights[typical] - members.mean(axis=0)) == away.min()


def test_the_same_rows_always_give_the_same_groups() -> None:
    weights = np.random.default_rng(1).normal(size=(200, 6)).round(1)

    first, second = group_rows(weights), group_rows(weights.copy())

    assert (first.group == second.group).all()
    assert (first.order == second.order).all()
    assert first.typical == second.typical
    assert 2 <= len(first.typical) <= MOST_GROUPS


def test_the_silhouette_knows_rows_that_are_alone() -> None:
    weights = np.array([[0.0], [0.1], [0.2], [5.0]])

    groups = group_rows(weights, 2)

    assert list(groups.group) == [0, 0, 0, 1]
    assert groups.silhouette == pytest.approx(silhouette_score(weights, groups.group))


@pytest.mark.parametrize("weights", [np.ones((7, 3)), np.zeros((2, 3)), np.ones((1, 2)), np.array([[0.0], [1.0]])])
def test_equal_or_few_rows_are_one_group(weights: np.ndarray) -> None:
    groups = group_rows(weights)

    assert set(groups.group) == {0}
    assert len(groups.order) == len(weights)
    assert groups.typical == (0,)
    assert groups.silhouette is None


def test_more_groups_than_rows_can_give_are_as_many_as_there_are() -> None:
    groups = group_rows(np.array([[0.0], [1.0], [3.0], [7.0]]), 8)

    assert sorted(groups.typical) == [0, 1, 2, 3]


def totals(weights: FloatArray) -> Totals:
    """Sum weights (n, d) as a run's are summed."""
    return Totals(
        len(weights),
        np.maximum(weights, 0).sum(axis=0),
        np.minimum(weights, 0).sum(axis=0),
        (weights**2).sum(axis=0),
        (weights != 0).sum(axis=0).astype(float),
        (weights > 0).sum(axis=0).astype(float),
    )


@pytest.fixture(scope="module")
def sides() -> tuple[FloatArray, FloatArray]:
    random = np.random.default_rng(0)
    first = random.normal([0.1, 0.5, 0.0], [0.1, 0.3, 0.0], size=(40, 3))
    second = random.normal([0.1, -0.5, 0.0], [0.1, 0.9, 0.0], size=(300, 3))
    return first, second


@pytest.mark.parametrize("measure", ["strength", "mean"])
def test_the_interval_is_welchs(sides: tuple[FloatArray, FloatArray], measure: str) -> None:
    first, second = (np.abs(side) if measure == "strength" else side for side in sides)

    found = differences(totals(sides[0]), totals(sides[1]), NAMES, measure)  # type: ignore[arg-type]

    assert set(found["feature"]) == {"a", "b"}
    for line in found.itertuples():
        at = NAMES.index(line.feature)
        interval = stats.ttest_ind(first[:, at], second[:, at], equal_var=False).confidence_interval(0.95)
        assert line.difference == pytest.approx(first[:, at].mean() - second[:, at].mean())
        assert (line.low, line.high) == pytest.approx(tuple(interval))
        assert line.clear == (line.low > 0 or line.high < 0)


def test_the_largest_difference_comes_first(sides: tuple[FloatArray, FloatArray]) -> None:
    found = differences(totals(sides[0]), totals(sides[1]), NAMES, "mean")

    assert list(found["feature"]) == ["b", "a"]
    assert list(found["clear"]) == [True, False]
    assert list(found["first_rows"]) == [40, 40]


def test_one_row_has_no_interval_and_is_not_clear(sides: tuple[FloatArray, FloatArray]) -> None:
    found = differences(totals(sides[0][:1]), totals(sides[1]), NAMES, "mean")

    assert found["low"].isna().all()
    assert not found["clear"].any()
    assert found["difference"].notna().all()


def test_without_any_spread_the_difference_is_what_it_is() -> None:
    found = differences(totals(np.full((5, 1), 0.5)), totals(np.full((9, 1), 0.25)), ("a",), "mean")

    assert found[["difference", "low", "high"]].to_numpy().tolist() == [[0.25, 0.25, 0.25]]
    assert list(found["clear"]) == [True]


def test_what_is_left_without_a_part_is_the_rest(sides: tuple[FloatArray, FloatArray]) -> None:
    everything = totals(np.vstack(sides))

    rest = everything.without(totals(sides[0]))

    expected = totals(sides[1])
    assert rest.rows == expected.rows
    assert rest.mean == pytest.approx(expected.mean)
    assert rest.variance(rest.mean) == pytest.approx(expected.variance(expected.mean))
    nothing = everything.without(everything)
    assert nothing.rows == 0
    assert not nothing.strength.any()


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
    sample = sample_rows(run, RowFilter(), WeightLabel(1))

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
