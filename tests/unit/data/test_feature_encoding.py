"""Cells as numbers: categories, gaps, names of features."""

import dataclasses
import json

import numpy as np
import pytest

from sparklime_core import read_csv
from sparklime_core.data.feature_encoding import MOST_CATEGORIES, Encoding
from tests.unit.data.tables import csv, mixed, report


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
