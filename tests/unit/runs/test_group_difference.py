import numpy as np
import pytest
from scipy import stats

from sparklime_core.runs.group_difference import differences
from sparklime_core.runs.query.weight_totals import FloatArray, Totals

NAMES = ("a", "b", "c")


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
