"""Cells as numbers: categories, gaps, names of features."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from sparklime_core import ReadOptions, SparkLimeError, read_csv, read_rows
from sparklime_core.data.feature_encoding import MOST_CATEGORIES, BatchEncoder, Encoding
from sparklime_core.data.table_source import load_sample, read_sample
from tests.unit.data.tables import csv, mixed, report

HEADER = "when;price;colour;flag;born;y"
LINES = [
    "2020-01-02;1,5;red;yes;03/04/2020;a",
    "2020-02-03 10:30;1.234,25;green;no;25/12/2019;b",
    "2021-03-04;;blue;yes;;a",
    ";7;red;;01/01/2021;b",
    "2021-05-06;-3,75;;no;31/01/2021;a",
    "2021-06-30;12;green;yes;05/06/2020;b",
] * 5


def test_rare_categories_are_grouped():
    names = [f"c{i:02d}" for i in range(40)]
    cells = [name for i, name in enumerate(names) for _ in range(1 + 5 * (i < 30))]
    dataset = read_csv(csv(c=cells, n=range(len(cells)), t=[i % 2 for i in range(len(cells))]), "t")
    categories = dataset.categorical_names[0]
    assert len(categories) == MOST_CATEGORIES + 2
    assert categories[-2:] == ("other", "missing")
    assert dataset.value_text(0, dataset.features[-1, 0]) == "other"
    assert "30 most frequent" in report(dataset, "c").reason


def test_a_missing_number_becomes_a_sentinel_far_below_all_others():
    dataset = read_csv(b"a,t\n5,0\n,1\n9,0\n7,1\n", "t")
    sentinel = dataset.missing_values[0]
    assert sentinel == -35.0
    np.testing.assert_array_equal(dataset.features[:, 0], [5, sentinel, 9, 7])
    assert dataset.value_text(0, sentinel) == "missing"
    assert dataset.value_text(0, 5.0) == "5"


@pytest.mark.parametrize("cells", [[0, 10], [1e15, 1e15 + 1], [-1e-8, 1e-8], [3, 3], [0, 1e36]])
def test_a_sentinel_is_told_from_every_value_even_as_float32(cells):
    dataset = read_csv(csv(a=[*cells, ""], b=[1, 2, 3], t=[0, 1, 0]), "t", roles={"a": "numeric"})
    sentinel = np.float32(dataset.missing_values[0])
    assert float(sentinel) == dataset.missing_values[0]
    assert sentinel != 0
    assert sentinel < np.float32(min(cells))


def test_categories_become_codes_and_a_gap_is_a_category():
    dataset = read_csv(b"c,n,t\nred,1,0\nblue,2,1\n,3,0\nred,4,1\n", "t")
    assert dataset.categorical_names == {0: ("blue", "red", "missing", "unseen")}
    np.testing.assert_array_equal(dataset.features[:, 0], [1, 0, 2, 1])
    assert dataset.value_text(0, 2.0) == "missing"
    taken = read_csv(b"c,n,t\nunseen,1,0\nblue,2,1\nunseen,3,0\nblue,4,1\n", "t")
    assert taken.categorical_names == {0: ("blue", "unseen", "missing", "(unseen)")}


def test_a_dataset_s_encoding_survives_json():
    encoding = read_csv(mixed(), "t").encoding
    assert Encoding.from_dict(json.loads(json.dumps(encoding.as_dict()))) == encoding


def test_two_features_never_share_a_name():
    content = csv(
        **{"d": [f"202{i % 3}-01-0{1 + i % 5}" for i in range(30)], "d (year)": range(30)}, t=[0, 1] * 15
    )
    names = read_csv(content, "t").feature_names
    assert len(set(names)) == len(names)
    assert dataclasses.astuple(read_csv(content, "t").encoding)[1] == "t"


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
