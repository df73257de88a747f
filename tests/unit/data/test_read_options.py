"""New rows are read exactly as the model's table was, by the record that its encoding keeps."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from sparklime_core import ReadOptions, SparkLimeError, read_csv, read_rows
from sparklime_core.data.feature_encoding import BatchEncoder, Encoding
from tests.unit.data.tables import report

FLAGS = ("Yes", "yes", "no")


def table(header, line, rows=60):
    return "\n".join([header, *(line(k) for k in range(rows))]).encode()


@pytest.fixture(scope="module")
def sales():
    content = table(
        "sold;price;amount;open;y",
        lambda k: f"{1 + k % 28}/{1 + k % 12}/2021;{k % 9},5;{1 + k % 8}.{k:03d};{FLAGS[k % 3]};{'uv'[k % 2]}",
    )
    return read_csv(content, "y")


def values(new):
    return {name: new.value_text(at, new.features[0, at]) for at, name in enumerate(new.feature_names)}


def test_ambiguous_dates_and_numbers_are_read_as_before(sales):
    new = read_rows(b"sold;price;amount;open\n4/5/2021;1,250;2.000;YES\n", sales.encoding)
    found = values(new)
    assert (found["sold (day)"], found["sold (month)"]) == ("4", "5")
    assert (found["price"], found["amount"], found["open"]) == ("1.25", "2000", "yes")


def test_the_record_survives_json(sales):
    again = Encoding.from_dict(json.loads(json.dumps(sales.encoding.as_dict())))
    assert again == sales.encoding
    assert again.format.columns["price"].notation.mark == ","


def test_batches_on_executors_are_encoded_as_the_new_rows_are(sales):
    lines = ["4/5/2021;1,250;2.000;YES", "28/2/2021;7,5;3.456;no"]
    new = read_rows("\n".join(["sold;price;amount;open", *lines]).encode(), sales.encoding)
    encoder = BatchEncoder.of(sales.encoding, ["sold", "price", "amount", "open"], ReadOptions())
    cells = zip(*(line.split(";") for line in lines), strict=True)
    assert np.array_equal(encoder.encode([pa.array(list(column)) for column in cells]), new.features)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("4/5/2021;1.5;2.000;no", r"Row 2 of column 'price' holds '1\.5'.*decimal comma"),
        ("4/25/2021;1,5;2.000;no", r"Row 2 of column 'sold' holds '4/25/2021'.*day first"),
        ("4/5/2021;1,5;2,000.5;no", r"Row 2 of column 'amount' holds '2,000\.5'"),
    ],
)
def test_what_is_written_otherwise_is_refused_with_its_place(sales, line, words):
    content = "\n".join(["sold;price;amount;open", "4/5/2021;1,5;2.000;no", line]).encode()
    with pytest.raises(SparkLimeError, match=words):
        read_rows(content, sales.encoding)
    encoder = BatchEncoder.of(sales.encoding, ["sold", "price", "amount", "open"], ReadOptions())
    assert np.isnan(encoder.encode([pa.array([text]) for text in line.split(";")])).any()


def test_a_choice_made_now_overrules_the_record(sales):
    content = b"sold;price;amount;open\n4/25/2021;1.5;2,000;no\n"
    found = values(read_rows(content, sales.encoding, options=ReadOptions(decimal=".", day_first=False)))
    assert (found["sold (month)"], found["price"], found["amount"]) == ("4", "1.5", "2000")


def test_another_delimiter_is_taken_and_said(sales):
    new = read_rows(b"sold\tprice\tamount\topen\n4/5/2021\t1,250\t2.000\tno\n", sales.encoding)
    assert values(new)["price"] == "1.25"
    said = next(found for found in new.report.decisions if found.what == "delimiter")
    assert "the model's table has semicolon" in said.reason


def test_chosen_words_for_no_value_hold_for_new_rows():
    content = table("a,b,y", lambda k: f"{'none' if k % 5 else 'NA'},{k if k % 4 else 'gone'},{'uv'[k % 2]}")
    learnt = read_csv(content, "y", options=ReadOptions(missing_words=("gone",)))
    new = read_rows(b"a,b\nNA,gone\n", learnt.encoding)
    assert values(new) == {"a": "NA", "b": "missing"}


def test_a_table_without_a_header_is_read_by_place_or_refused():
    learnt = read_csv(table("1,2.5,u", lambda k: f"{k % 7},{k / 2},{'uv'[k % 2]}"), "column_3")
    assert read_rows(b"3,4.5,u\n", learnt.encoding).features[0].tolist() == [3, 4.5]
    with pytest.raises(SparkLimeError, match="2 columns and no header line"):
        read_rows(b"3,4.5\n", learnt.encoding)


def test_letters_are_read_in_the_model_s_encoding():
    words = ("straße", "größe", "hälfte")
    learnt = read_csv(
        table("w,y", lambda k: f"{words[k % 3]},{'uv'[k % 2]}").decode().encode("cp850"),
        "y",
        options=ReadOptions(encoding="cp850"),
    )
    new = read_rows("w\ngröße\n".encode("cp850"), learnt.encoding)
    assert values(new) == {"w": "größe"}


def test_an_old_encoding_without_the_record_still_reads():
    learnt = read_csv(table("a,b,y", lambda k: f"{k % 9},{k % 5}.5,{'uv'[k % 2]}"), "y")
    stored = learnt.encoding.as_dict()
    del stored["format"]
    old = Encoding.from_dict(json.loads(json.dumps(stored)))
    assert old == dataclasses.replace(learnt.encoding, format=None)
    assert read_rows(b"a;b\n3;2,5\n", old).features[0].tolist() == [3, 2.5]


def test_words_among_numbers_are_missing_and_said_as_before():
    learnt = read_csv(table("a,b,y", lambda k: f"{k if k % 9 else ''},{k % 5}.5,{'uv'[k % 2]}"), "y")
    new = read_rows(b"a,b\nlost,1.5\n", learnt.encoding)
    assert values(new)["a"] == "missing"
    assert "'lost'" in report(new, "a").notes[0]


def test_yes_and_no_of_a_target_are_known_in_another_spelling():
    learnt = read_csv(table("a,y", lambda k: f"{k % 9},{('True', 'False')[k % 2]}"), "y")
    assert read_rows(b"a,y\n3,TRUE\n4,false\n", learnt.encoding).target.tolist() == [1, 0]


def test_rows_without_a_header_line_are_not_rows_of_missing_values():
    learnt = read_csv(table("a,b,y", lambda k: f"{'pqr'[k % 3]},{k if k % 4 else ''},{'uv'[k % 2]}"), "y")
    with pytest.raises(SparkLimeError, match="none of the columns that the model uses: a, b"):
        read_rows(b"p,3\nq,4\n", learnt.encoding)
