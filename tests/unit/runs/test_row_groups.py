import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from sparklime_core.runs.row_groups import MOST_GROUPS, group_rows


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
