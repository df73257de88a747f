import numpy as np
import pyarrow as pa
import pytest

from sparklime_core import ReadOptions, SparkLimeError, read_csv, read_rows
from sparklime_core.data.batch_encoder import BatchEncoder
from sparklime_core.data.samples import load_sample, read_sample

HEADER = "when;price;colour;flag;born;y"
LINES = [
    "2020-01-02;1,5;red;yes;03/04/2020;a",
    "2020-02-03 10:30;1.234,25;green;no;25/12/2019;b",
    "2021-03-04;;blue;yes;;a",
    ";7;red;;01/01/2021;b",
    "2021-05-06;-3,75;;no;31/01/2021;a",
    "2021-06-30;12;green;yes;05/06/2020;b",
] * 5


@pytest.fixture(scope="module")
def learnt():
    return read_csv("\n".join([HEADER, *LINES]).encode(), "y", roles={"born": "date", "price": "numeric"})


def arrays(encoder, text):
    """Return a batch's columns as texts, as a table without types holds them."""
    header, *lines = text.splitlines()
    cells = dict(zip(header.split(";"), zip(*(line.split(";") for line in lines), strict=True), strict=True))
    return [pa.array([cell or None for cell in cells[name]], pa.string()) for name in encoder.columns]


def encoder_of(learnt, names=None, **options):
    return BatchEncoder.of(learnt.encoding, names or HEADER.split(";"), ReadOptions(**options))


def test_texts_become_what_the_whole_table_made_of_them(learnt):
    encoder = encoder_of(learnt, decimal=",", day_first=True)
    found = encoder.encode(arrays(encoder, "\n".join([HEADER, *LINES])))
    assert np.array_equal(found, learnt.features)


def test_how_the_rows_are_cut_changes_nothing(learnt):
    encoder = encoder_of(learnt, decimal=",", day_first=True)
    alone = [encoder.encode(arrays(encoder, "\n".join([HEADER, line]))) for line in LINES]
    assert np.array_equal(np.concatenate(alone), learnt.features)


def test_an_ambiguous_number_is_read_with_the_mark_that_was_settled(learnt):
    lines = [HEADER, "2020-01-02;1,234;red;yes;03/04/2020;a"]
    at = learnt.feature_names.index("price")
    for decimal, expected in ((",", 1.234), (".", 1234.0), (None, 1.234)):
        encoder = encoder_of(learnt, decimal=decimal)
        assert encoder.encode(arrays(encoder, "\n".join(lines)))[0, at] == expected


def test_typed_columns_become_what_they_are_in_a_file():
    learnt = load_sample("penguins")
    reading = read_sample("penguins")
    encoder = BatchEncoder.of(learnt.encoding, reading.names, ReadOptions())
    typed = [reading.column(name).values for name in encoder.columns]
    found = np.concatenate([encoder.encode([array[at : at + 7] for array in typed]) for at in range(0, 344, 7)])
    assert np.array_equal(found, learnt.features)


def test_a_batch_without_a_single_value_is_one_of_missing_values(learnt):
    encoder = encoder_of(learnt)
    found = encoder.encode([pa.nulls(3, pa.string()) for _ in encoder.columns])
    expected = [np.nan if feature.missing is None else feature.missing for feature in learnt.encoding.features]
    assert np.array_equal(found, np.tile(expected, (3, 1)), equal_nan=True)


def test_a_column_of_new_rows_in_which_all_dates_are_missing(learnt):
    found = read_rows("\n".join([HEADER, ";1,5;red;yes;;a", ";2,5;red;no;;b"]).encode(), learnt.encoding)
    at = learnt.feature_names.index("when (year)")
    assert found.features[:, at].tolist() == [learnt.encoding.features[at].missing] * 2


def test_columns_are_found_by_name_and_a_needed_one_must_be_there(learnt):
    encoder = encoder_of(learnt, [" price ", "flag", "y"])
    assert encoder.columns == (" price ", "flag")
    found = encoder.encode([pa.array([1.5, None]), pa.array(["yes", "no"])])
    at = learnt.feature_names.index("colour")
    assert found[:, at].tolist() == [learnt.encoding.features[at].missing] * 2
    assert found[0, learnt.feature_names.index("price")] == 1.5
    whole = read_csv(b"a,b,y\n" + b"\n".join(b"%d,%d,%d" % (at, at * 2, at % 2) for at in range(30)), "y")
    with pytest.raises(SparkLimeError, match=r"no column 'b', which the model needs; it has a, c\."):
        BatchEncoder.of(whole.encoding, ["a", "c"], ReadOptions())
