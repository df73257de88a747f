"""A feature's profile over many rows, from profiles that are known."""

import pandas as pd
import pytest

from sparklime_core.charts.profiles import mean_profile_chart
from sparklime_core.dashboard.overview.profile_frames import mean_profile, profile_lines, unlike_rows


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
