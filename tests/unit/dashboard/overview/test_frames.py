"""All rows shaped for their charts, and the charts."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sparklime_core.charts.overview import MORE, difference_chart, heat_map, means_chart
from sparklime_core.charts.profiles import mean_profile_chart
from sparklime_core.charts.scatter import dependence_chart, swarm_chart
from sparklime_core.dashboard.overview.frames import (
    POINTS,
    dependence_frame,
    difference_frame,
    dodge,
    group_reasons,
    heat_frame,
    mean_profile,
    means_frame,
    profile_lines,
    ranking,
    swarm_frame,
    swarm_rows,
    unlike_rows,
)
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.query.weights import RowSample
from sparklime_core.runs.weight_statistics import differences, group_rows
from tests.unit.charts.specs import NASTY, fields_of, spec_of, values_of
from tests.unit.runs.test_weight_statistics import totals

FEATURES = (
    Feature(NASTY, NASTY, "number"),
    Feature("age", "age", "number", missing=-100.0, lowest=0.0),
    Feature("sex", "sex", "text", categories=("f", "m", "missing"), missing=2.0, unseen=2.0),
)
NAMES = [feature.name for feature in FEATURES]
ROWS = 50


@pytest.fixture(scope="module")
def sample() -> RowSample:
    random = np.random.default_rng(0)
    weights = random.normal([0.5, -0.3, 0.1], 0.1, size=(ROWS, 3))
    weights[:10, 2] = np.nan
    values = np.column_stack([np.arange(ROWS), random.integers(20, 60, ROWS), random.integers(0, 3, ROWS)]).astype(
        float
    )
    values[:5, 1] = -100.0
    rows = pd.DataFrame({"row_id": np.arange(ROWS) * 7, "label": 0, "prediction": 0.9, "score": 0.5})
    return RowSample(rows, weights, values, np.nan_to_num(weights), tuple(NAMES))


class TestDodge:
    def test_points_of_one_part_lie_side_by_side_around_the_middle(self) -> None:
        offsets = dodge(np.array([4, 4, 4, 4, 9]))

        assert list(offsets * 6) == [0, 1, -1, 2, 0]

    def test_crowds_fill_the_lane_and_no_more(self) -> None:
        offsets = dodge(np.zeros(101, dtype=np.int64))

        assert len(set(offsets)) == 101
        assert (offsets.min(), offsets.max()) == (-1, 1)

    def test_no_points_have_no_places(self) -> None:
        assert len(dodge(np.zeros(0, dtype=np.int64))) == 0


class TestMeans:
    def test_both_parts_of_a_bar_are_as_long_as_the_mean_of_the_size(self, sample: RowSample) -> None:
        summed = totals(sample.filled)
        ranked = ranking(summed, NAMES)

        frame = means_frame(summed, NAMES, ranked)

        assert ranked == [0, 1, 2]
        assert list(frame["up"] - frame["down"]) == pytest.approx(list(np.abs(sample.filled).mean(axis=0)))
        assert list(frame["mean"]) == pytest.approx(list(sample.filled.mean(axis=0)))
        assert frame["named"].iloc[2] == pytest.approx(0.8)
        assert frame["shown"].iloc[2].endswith("(80%)")

    def test_features_that_no_row_names_are_not_ranked(self) -> None:
        assert ranking(totals(np.array([[0.0, 0.2], [0.0, -0.1]])), ["a", "b"]) == [1]


class TestSwarm:
    def test_every_named_weight_is_a_point_and_no_other(self, sample: RowSample) -> None:
        points = swarm_frame(sample, FEATURES, [2, 0])

        assert list(points.groupby("lane").size()) == [ROWS - 10, ROWS]
        assert points["offset"].between(-1, 1).all()
        assert set(points[points["lane"] == 0]["value"]) <= {"f", "m", "missing"}

    def test_low_and_high_are_by_rank_and_categories_and_gaps_have_none(self, sample: RowSample) -> None:
        points = swarm_frame(sample, FEATURES, [0, 1, 2])

        ranks = {lane: lines["rank"].to_numpy() for lane, lines in points.groupby("lane")}
        assert ranks[0] == pytest.approx(np.linspace(0, 1, ROWS))
        assert np.isnan(ranks[1]).tolist() == [True] * 5 + [False] * (ROWS - 5)
        assert np.isnan(ranks[2]).all()

    def test_there_are_never_too_many_points(self, sample: RowSample) -> None:
        many = replace(sample, rows=pd.concat([sample.rows] * 20, ignore_index=True))

        assert swarm_rows(many, 60) * 60 <= POINTS
        assert swarm_rows(sample, 2) == ROWS


class TestDependence:
    def test_gaps_have_no_place_on_the_axis(self, sample: RowSample) -> None:
        points = dependence_frame(sample, FEATURES[1], 1)

        assert points["number"].isna().sum() == 5
        assert list(points["value"][:5]) == ["missing"] * 5

    def test_rows_that_do_not_name_the_feature_are_left_out(self, sample: RowSample) -> None:
        points = dependence_frame(sample, FEATURES[2], 2)

        assert list(points["row_id"]) == [row * 7 for row in range(10, ROWS)]


class TestHeat:
    def test_groups_lie_together_with_a_gap_between(self, sample: RowSample) -> None:
        groups = group_rows(sample.filled, 3)

        cells, bands = heat_frame(sample, groups, FEATURES, [0, 1, 2])

        assert len(cells) == 3 * ROWS - 10
        assert list(bands["name"]) == ["A", "B", "C"]
        for place, (_, lines) in enumerate(cells.groupby("group")):
            assert lines["bottom"].max() == pytest.approx(bands["bottom"][place])
            before = bands["bottom"][place - 1] if place else -1
            assert lines["top"].min() > before
        assert ((cells["side"] == "for") == (cells["weight"] >= 0)).all()

    def test_reasons_of_a_group_are_its_largest_means(self, sample: RowSample) -> None:
        members = np.arange(ROWS) < 10

        reasons = group_reasons(sample, members, NAMES)

        assert [name for name, _ in reasons] == [NASTY, "age"]
        assert reasons[1][1] == pytest.approx(sample.filled[:10, 1].mean())


def test_a_difference_that_is_not_clear_is_grey(sample: RowSample) -> None:
    found = differences(
        totals(sample.filled[:25]), totals(sample.filled[25:] + np.array([0.0, 1.0, 0.0])), tuple(NAMES), "mean"
    )

    frame = difference_frame(found, 2)

    assert frame["feature"].iloc[0] == "age"
    assert frame["kind"].iloc[0] == MORE[1]
    assert set(frame["kind"]) == {MORE[1], MORE[2]}
    alone = differences(totals(sample.filled[:1]), totals(sample.filled[1:]), tuple(NAMES), "mean")
    assert MORE[2] not in set(difference_frame(alone, 3)["kind"])


def _means(sample: RowSample) -> Any:
    summed = totals(sample.filled)
    return means_chart(means_frame(summed, NAMES, ranking(summed, NAMES)))


def _swarm(sample: RowSample) -> Any:
    points = swarm_frame(sample, FEATURES, [0, 1, 2])
    return swarm_chart(points, points[["feature", "lane"]].drop_duplicates(), 0.5, 7)


def _dependence(sample: RowSample) -> Any:
    return dependence_chart(dependence_frame(sample, FEATURES[0], 0), NASTY, 7, [])


def _heat(sample: RowSample) -> Any:
    cells, bands = heat_frame(sample, group_rows(sample.filled), FEATURES, [0, 1, 2])
    return heat_map(cells, bands, NAMES, 0.5)


def _difference(sample: RowSample) -> Any:
    found = differences(totals(sample.filled[:20]), totals(sample.filled[20:]), tuple(NAMES), "mean")
    return difference_chart(difference_frame(found, 3), "Difference")


CHARTS = [_means, _swarm, _dependence, _heat, _difference]


@pytest.mark.parametrize("draw", CHARTS)
def test_names_from_data_are_values_and_never_fields(sample: RowSample, draw: Callable[[RowSample], Any]) -> None:
    spec = spec_of(draw(sample))

    assert NASTY in values_of(spec)
    assert all(field.isidentifier() for field in fields_of(spec))


@pytest.mark.parametrize("draw", [_means, _swarm, _dependence, _heat])
@pytest.mark.parametrize("rows", [1, 3])
def test_few_rows_can_be_drawn(sample: RowSample, draw: Callable[[RowSample], Any], rows: int) -> None:
    few = RowSample(
        sample.rows[-rows:].reset_index(drop=True),
        sample.weights[-rows:],
        sample.values[-rows:],
        sample.conditions[-rows:],
        sample.texts,
    )
    assert json.dumps(spec_of(draw(few)))


def test_categories_are_drawn_in_their_order(sample: RowSample) -> None:
    chart = spec_of(dependence_chart(dependence_frame(sample, FEATURES[2], 2), "sex", None, ["m", "f"]))

    assert chart["layer"][1]["encoding"]["x"]["sort"] == ["m", "f"]
    assert "xOffset" in chart["layer"][1]["encoding"]


def profile(feature: str, *effects: float | None) -> dict[str, object]:
    bins = [
        {"condition": f"{feature} in bin {at}", "share": 1 / len(effects), "effect": effect}
        for at, effect in enumerate(effects)
    ]
    return {"feature": feature, "bins": bins}


RESULTS = [
    {"profiles": [profile("age", -0.1, 0.1), profile("pay", 0.0, 0.0)]},
    {"profiles": [profile("age", -0.3, 0.3)]},
    {"profiles": [profile("age", 0.4, -0.4)]},
    {"profiles": None},
]


@pytest.fixture
def lines() -> pd.DataFrame:
    return profile_lines(RESULTS, [10, 20, 30, 40], "age")


def test_the_mean_and_the_spread_are_over_the_rows_that_have_the_profile(lines: pd.DataFrame) -> None:
    bins = mean_profile(lines, {})

    assert list(bins["text"]) == ["age in bin 0", "age in bin 1"]
    assert list(bins["effect"]) == pytest.approx([0.0, 0.0])
    assert list(bins["spread"]) == pytest.approx([pd.Series([-0.1, -0.3, 0.4]).std()] * 2)
    assert list(bins["rows"]) == [3, 3]


def test_the_row_that_acts_otherwise_comes_first(lines: pd.DataFrame) -> None:
    found = unlike_rows(lines, mean_profile(lines, {}), 2)

    assert list(found["row_id"]) == [30, 20]
    assert list(found["distance"]) == pytest.approx([0.4, 0.3])


def test_a_bin_of_which_nothing_is_known_is_left_out() -> None:
    bins = mean_profile(profile_lines([{"profiles": [profile("age", 0.2, None)]}], [1], "age"), {})

    assert list(bins["text"]) == ["age in bin 0"]
    assert list(bins["spread"]) == [0.0]


def test_the_chart_is_centred_on_zero(lines: pd.DataFrame) -> None:
    spec = mean_profile_chart(mean_profile(lines, {})).to_dict()

    low, high = spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert low == -high


def test_without_profiles_there_is_no_line() -> None:
    assert profile_lines([{"profiles": None}], [1], "age").empty


def test_partial_dependence_stands_in_its_bin_and_within_the_scale(lines: pd.DataFrame) -> None:
    bins = mean_profile(lines, {"age in bin 1": 2.5, "age in another bin": 9.0})
    assert list(bins["average"].fillna(0)) == [0.0, 2.5]

    spec = mean_profile_chart(bins).to_dict()

    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"] == [-2.5, 2.5]
    assert [layer["mark"].get("shape") for layer in spec["layer"]].count("diamond") == 1
