import pyarrow as pa
import pytest

from sparklime_core.data.parse_column import parse_column
from sparklime_core.data.read_options import ReadOptions


def parse(texts, *, decimal=".", wanted=None, **options):
    return parse_column("c", pa.chunked_array([texts]), ReadOptions(**options), decimal=decimal, wanted=wanted)


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", "2.5", "-3e2", "+4", ".5", "6."], [1, 2.5, -300, 4, 0.5, 6]),
        (["1,5", "2,25", "-3,0"], [1.5, 2.25, -3]),
        (["1,234.50", "2,000.00", "3"], [1234.5, 2000, 3]),
        (["1.234,50", "2.000,00", "3"], [1234.5, 2000, 3]),
        (["1 234,5", "2\u00a0000", "3\u202f000"], [1234.5, 2000, 3000]),
        (["1'234.5", "22"], [1234.5, 22]),
        (["$1,200", "$5.99", "-$3"], [1200, 5.99, -3]),
        (["12 €", "3,50 €", "4"], [12, 3.5, 4]),
        (["5%", "12.5%", "7"], [5, 12.5, 7]),
        (["(1,000.00)", "20", "3.5"], [-1000, 20, 3.5]),
        (["\u22125", "3.5"], [-5, 3.5]),
        (["USD 12", "EUR 1.5"], [12, 1.5]),
    ],
)
def test_numbers_are_read_however_they_are_written(texts, numbers):
    column = parse(texts)
    assert column.kind == "number"
    assert column.values.to_pylist() == numbers


def test_what_can_be_read_in_two_ways_follows_the_table():
    assert parse(["1,234", "5,678"]).values.to_pylist() == [1234, 5678]
    assert parse(["1,234", "5,678"], decimal=",").values.to_pylist() == [1.234, 5.678]
    assert parse(["1.234", "5.678"], decimal=",").values.to_pylist() == [1234, 5678]


@pytest.mark.parametrize(
    "texts", [["12 34", "5 6"], ["1,23,4", "x"], ["1-2", "3-4"], ["1.2.3", "4.5.6"], ["--5", "1x"]]
)
def test_what_is_no_number_stays_text(texts):
    column = parse(texts)
    assert column.kind == "text"
    assert column.values.to_pylist() == texts


def test_few_words_among_numbers_are_missing_and_said():
    column = parse([str(i) for i in range(30)] + ["lost", "broken"])
    assert column.kind == "number"
    assert column.missing == 2
    assert "'lost', 'broken'" in column.notes[0]
    assert parse(["1", "2", "x"]).kind == "text"


def test_numbers_that_name_things_are_no_numbers():
    assert parse(["4", "6", "8"] * 5 + ["rotary"]).kind == "text"
    assert parse([str(i) for i in range(100, 140)] + ["139a"]).kind == "text"


def test_none_is_missing_among_numbers_and_a_category_among_texts():
    assert parse(["1.5", "2", "None", "nil"]).missing == 2
    assert parse(["2020-01-01", "none"]).missing == 1
    texts = ["None", "Driver", "Passenger", "NONE"]
    assert parse(texts).values.to_pylist() == texts
    assert parse(["Na", "Cl", "Nan", "NA"]).values.to_pylist() == ["Na", "Cl", "Nan", None]


def test_codes_and_huge_numbers_are_not_rounded():
    assert parse(["00123", "04711"]).values.to_pylist() == ["00123", "04711"]
    huge = [str(2**53 + 1), "5"]
    assert parse(huge).kind == "text"
    assert parse(huge).values.to_pylist() == huge
    assert parse([str(2**53), "5"]).kind == "number"
    assert parse(["0", "0.5"]).kind == "number"


def test_infinite_numbers_are_missing_and_said():
    column = parse(["1", "inf", "2", "1e300"])
    assert column.values.to_pylist() == [1, None, 2, None]
    assert "2 values that are infinite" in column.notes[0]


@pytest.mark.parametrize(
    "texts", [["Yes", "No"], ["true", "false"], ["Y", "N"], ["TRUE", "False"], ["yes", "YES", "no"]]
)
def test_yes_and_no_are_truth_values(texts):
    assert parse([*texts, ""]).kind == "boolean"


@pytest.mark.parametrize(
    ("texts", "dates"),
    [
        (["2020-01-31", "1999-12-01"], ["2020-01-31", "1999-12-01"]),
        (["2020/1/31", "1999/12/1"], ["2020-01-31", "1999-12-01"]),
        (["31.01.2020", "1.12.1999"], ["2020-01-31", "1999-12-01"]),
        (["1/31/2020", "12/1/99"], ["2020-01-31", "1999-12-01"]),
        (["31-Jan-2020", "1-dec-99"], ["2020-01-31", "1999-12-01"]),
        (["25/11/63", "1/2/29"], ["1963-11-25", "2029-02-01"]),
        (["January 31, 2020", "Dec 1 1999"], ["2020-01-31", "1999-12-01"]),
        (["Jan 2020", "Dec 1999"], ["2020-01-01", "1999-12-01"]),
        (["2020-01", "1999-12"], ["2020-01-01", "1999-12-01"]),
        (["Jan-31-2020", "Dec-1-1999"], ["2020-01-31", "1999-12-01"]),
        (["2020M1", "1999M12"], ["2020-01-01", "1999-12-01"]),
        (["2020Q1", "1999Q4"], ["2020-01-01", "1999-10-01"]),
        (["2020-01-31T23:30:00Z", "1999-12-01T01:00:00+02:00"], ["2020-01-31", "1999-12-01"]),
    ],
)
def test_dates_are_read_however_they_are_written(texts, dates):
    column = parse(texts)
    assert column.kind == "date"
    assert [str(value.date()) for value in column.values.to_pylist()] == dates


def test_times_are_part_of_dates():
    column = parse(["2020-01-31 11:45 PM", "2020-01-31 12:05 am", "2020-02-01 13:00:09.25"])
    assert [value.hour for value in column.values.to_pylist()] == [23, 0, 13]


def test_day_or_month_first_is_decided_said_and_overruled():
    assert "though they could be" in parse(["3/4/2020", "5/6/2020"]).reason
    assert parse(["3/4/2020", "5/6/2020"], day_first=True).values[0].as_py().month == 4
    assert parse(["3/4/2020", "13/6/2020"]).values[0].as_py().month == 4


def test_a_day_that_no_calendar_has_is_missing():
    column = parse(["2020-02-28"] * 30 + ["2020-02-31"])
    assert column.missing == 1
    assert "'2020-02-31'" in column.notes[0]


def test_a_kind_can_be_forced():
    assert parse(["1", "2"], wanted="text").values.to_pylist() == ["1", "2"]
    forced = parse(["1", "x", "y"], wanted="number")
    assert forced.values.to_pylist() == [1, None, None]
    assert "'x', 'y'" in forced.notes[0]
    assert parse(["a", "2020-01-01"], wanted="date").missing == 1
    assert parse(["", "NA"]).kind == "empty"
