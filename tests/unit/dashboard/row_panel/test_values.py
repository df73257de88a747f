import numpy as np
import pytest

from sparklime_core.dashboard.row_panel.values import (
    BARS,
    MOST_CATEGORIES,
    bin_of,
    categories,
    numbers,
    place_words,
    shown_categories,
    values_frame,
)
from sparklime_core.runs.row_view import view_row
from tests.small_table import result, small_dataset

COLUMN = np.arange(1.0, 101.0)


def test_bars_hold_every_number_and_tails_are_in_the_last_ones():
    found = numbers(np.append(COLUMN, 1e9), (25.0, 50.0), None)
    assert len(found.bars) == BARS
    assert found.bars["rows"].sum() == 101
    assert found.bars["high"].iloc[-1] < 1e9
    assert found.edges == (25.0, 50.0)


def test_a_bins_borders_are_the_explainers():
    found = numbers(COLUMN, (25.0, 50.0), None)
    assert bin_of(found, 30.0) == (25.0, 50.0)
    assert bin_of(found, 25.0)[1] == 25.0  # "<=": a border belongs to the bin below it
    assert bin_of(found, 1e6) == (50.0, 1e6)
    assert bin_of(found, -7.0) == (-7.0, 25.0)
    assert bin_of(numbers(COLUMN, (), None), 30.0) is None
    assert bin_of(found, np.nan) is None


def test_missing_numbers_are_no_part_of_the_bars():
    found = numbers(np.append(COLUMN, [-99.0] * 100), (-49.0, 50.0), -99.0)
    assert found.bars["rows"].sum() == 100
    assert found.edges == (50.0,)
    assert bin_of(found, -99.0) is None
    assert place_words(found, -99.0) == "The value is missing, as it is in 50% of the training rows."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (51.0, "Higher than in 50% of the training rows."),
        (1.5, "Higher than in 1% of"),
        (0.5, "Lower than in every row"),
        (101.0, "Higher than in every row"),
        (np.nan, "There is no value."),
    ],
)
def test_a_value_has_its_place(value, words):
    assert place_words(numbers(COLUMN, (), None), value).startswith(words)


def test_a_frequent_value_is_no_rank():
    assert place_words(numbers(np.array([0.0] * 8 + [1.0, 2.0]), (), None), 0.0) == (
        "80% of the training rows have this value, 0% a lower one."
    )


@pytest.mark.parametrize("column", [np.array([5.0, 5.0]), np.array([np.nan])])
def test_columns_without_spread_can_be_drawn(column):
    bars = numbers(column, (), None).bars
    assert (bars["high"] > bars["low"]).all()


def test_the_rows_own_category_is_always_shown():
    codes = np.repeat(np.arange(20.0), np.arange(40, 20, -1))
    found = categories(codes, [f"c{code}" for code in range(20)])
    shown = shown_categories(found, 19)
    assert len(shown) == MOST_CATEGORIES
    assert shown["rows"].sum() == len(codes)
    assert list(shown[shown["place"] == "this row"]["name"]) == ["c19"]
    assert shown["name"].iloc[-1] == "13 others"
    assert place_words(found, 0.0) == "7% of the training rows have this value."
    few = categories(np.array([0.0, 0.0]), ["a", "b", "never there"])
    assert list(shown_categories(few, 1)["name"]) == ["a", "b"]


def test_explained_features_come_first_in_the_table_of_values() -> None:
    frame = values_frame(view_row([result(1, 0.7)], small_dataset(), [], None))

    assert list(frame["feature"]) == ["sex", "age"]
    assert list(frame["condition"]) == ["sex=m", None]
    assert frame["weight"].isna().tolist() == [False, True]
