"""Numbers in every notation: the one is taken that all of a column's texts can be written in."""

import pyarrow as pa
import pytest

from sparklime_core import read_csv, read_table
from sparklime_core.data.parse_column import parse_column
from sparklime_core.data.parse_numbers import Notation, parse_as
from sparklime_core.data.read_options import ReadOptions


def parse(texts, decimal="."):
    return parse_column("c", pa.chunked_array([texts]), ReadOptions(), decimal=decimal)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["0,432", "7,891"], [0.432, 7.891]),
        (["0.432", "7.891"], [0.432, 7.891]),
        (["3,141", "17,5"], [3.141, 17.5]),
        (["-0,250", "+2,125"], [-0.25, 2.125]),
        (["45,67,890.12", "2,00,000", "87"], [4567890.12, 200000, 87]),
        (["₹7,65,432", "₹50"], [765432, 50]),
        (["R$ 2.345.678,90", "R$ 7,50"], [2345678.9, 7.5]),
        (["-R$ 3,25", "R$ -4,00"], [-3.25, -4]),
        (["CHF 12'345.60", "CHF 8.05"], [12345.6, 8.05]),
        (["12’345,60", "8,05"], [12345.6, 8.05]),
        (["9\u202f876\u202f543,2", "1\u00a0000,5"], [9876543.2, 1000.5]),
        (["4.321,98-", "6,00"], [-4321.98, 6]),
        (["(7.654,3)", "1,5 %"], [-7654.3, 1.5]),
        (["3.456.789", "2.345.678"], [3456789, 2345678]),
    ],
)
def test_a_notation_that_is_certain_is_taken_whatever_the_table_has(texts, numbers, decimal):
    column = parse(texts, decimal)
    assert column.kind == "number"
    assert column.values.to_pylist() == numbers


@pytest.mark.parametrize(
    ("texts", "decimal", "numbers", "said"),
    [
        (["4,321", "8,765"], ".", [4321, 8765], "could be of decimals"),
        (["4,321", "8,765"], ",", [4.321, 8.765], "could be of thousands"),
        (["4.321", "8.765"], ".", [4.321, 8.765], "the decimal mark ',' reads it so"),
        (["4.321", "8.765"], ",", [4321, 8765], "the decimal mark '.' reads it so"),
    ],
)
def test_of_two_readings_the_other_is_said_with_the_choice_that_takes_it(texts, decimal, numbers, said):
    column = parse(texts, decimal)
    assert column.values.to_pylist() == numbers
    assert said in column.reason


def test_a_separator_that_groups_some_long_numbers_only_groups_none():
    assert parse(["4,321", "54321"]).values.to_pylist() == [4.321, 54321]


@pytest.mark.parametrize(
    "texts",
    [
        ["172.168.100.200", "172.168.100.201"],
        ["4.0.1", "4.10.2"],
        ["2.3.11", "2.12.10", "3.1.12"],
        ["12,34,567", "1,234,567"],
        ["09:15", "17:45"],
        ["1.2.3-rc1", "1.2.4"],
    ],
)
def test_versions_addresses_times_and_mixed_groups_are_texts(texts):
    column = parse(texts)
    assert column.kind == "text"
    assert column.values.to_pylist() == texts


def test_dates_with_dots_and_two_digits_are_still_dates():
    assert parse(["24.12.21", "6.1.22"]).values[0].as_py().month == 12
    assert parse(["01.02.21", "03.04.22"]).kind == "date"


def test_another_column_settles_a_table_s_decimal_mark():
    lines = "\n".join(f"{k},500;{k % 7},25;{'uv'[k % 2]}" for k in range(1, 30))
    dataset = read_csv(f"a;b;y\n{lines}".encode(), "y")
    assert dataset.features[0].tolist() == [1.5, 1.25]
    reading = read_table(b"a;b\n1.250;0.5\n2.750;1.5\n")
    assert reading.column("a").values.to_pylist() == [1.25, 2.75]


def test_known_notations_read_text_by_text_and_find_what_does_not_fit():
    values, misfits = parse_as(pa.array(["1,250", "1.250", "1.234,5", "x", None]), Notation(","))
    assert values.to_pylist() == [1.25, None, 1234.5, None, None]
    assert misfits.to_pylist() == [False, True, False, False, False]
    assert parse_as(pa.array(["1.250"]), Notation(",", "mark"))[0].to_pylist() == [1250]


def test_a_chosen_mark_settles_what_is_open_and_no_more():
    content = b"a,y\n" + b"\n".join(b'"%d,125",%d' % (1 + k % 9, k % 2) for k in range(30))
    read = {mark: read_csv(content, "y", options=ReadOptions(decimal=mark)).features[1, 0] for mark in (".", ",")}
    assert read == {".": 2125, ",": 2.125}
    assert parse(["1.5", "2.25"], ",").values.to_pylist() == [1.5, 2.25]
    assert "decimal points" in parse(["1.5", "2.25"], ",").reason
