"""Rows as people hold them become an array of the explainer's features; rows that are alike are found."""

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core import SparkLimeError
from sparklime_core.explain import rows as module
from sparklime_core.explain.rows import as_rows, distinct_rows

NAMES = ["price", "area", "rooms"]
ROWS = np.array([[210.5, 80.0, 3.0], [99.0, np.nan, 2.0]])


def fitted(**options):
    rows = np.random.default_rng(2).normal(size=(40, 3))
    return LimeTabularExplainer(rows, **{"feature_names": NAMES, "random_state": 0, **options})


FRAME = pd.DataFrame(ROWS, columns=NAMES)
NULLABLE = pd.DataFrame({"rooms": [3, 2], "area": [80, None], "price": [210.5, 99.0]}).convert_dtypes()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS.tolist(),
        [[210.5, 80, 3], (99, None, 2)],
        [[decimal.Decimal("210.5"), np.int8(80), 3], [99, pd.NA, True + 1]],
        NULLABLE[NAMES].to_numpy(),
        np.asfortranarray(ROWS),
        np.ma.masked_array(np.nan_to_num(ROWS, nan=-7.0), mask=np.isnan(ROWS)),
        sp.csr_matrix(ROWS),
        sp.coo_array(ROWS),
        FRAME,
        FRAME[["rooms", "price", "area"]],
        NULLABLE,
        pd.DataFrame(ROWS),
        pa.table(FRAME),
        pa.table(FRAME[["area", "rooms", "price"]]),
        pa.table(NULLABLE),
        pa.record_batch(NULLABLE),
        pa.table({"rooms": pa.array([3, 2]).dictionary_encode(), "price": [210.5, 99.0], "area": [80, None]}),
    ],
)
def test_rows_are_the_same_numbers_in_every_form(rows):
    found = as_rows(rows, fitted())
    np.testing.assert_array_equal(found, ROWS)
    assert found.dtype == np.float64
    assert found.flags.c_contiguous


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, np.uint8, object])
def test_numbers_of_any_type_are_numbers(kind):
    whole = np.array([[4, 5, 6]])
    np.testing.assert_array_equal(as_rows(whole.astype(kind), fitted()), whole)
    np.testing.assert_array_equal(as_rows(np.array([[True, False, True]]), fitted()), [[1, 0, 1]])


@pytest.mark.parametrize(
    "row", [ROWS[0], ROWS[0].tolist(), FRAME.iloc[0], FRAME[NAMES[::-1]].iloc[0], pd.Series(ROWS[0])]
)
def test_one_row_is_a_table_of_one(row):
    np.testing.assert_array_equal(as_rows(row, fitted()), ROWS[:1])


@pytest.mark.parametrize("rows", [[], np.empty((0, 3)), FRAME[:0], pa.table(FRAME[:0])])
def test_no_rows_are_none(rows):
    assert as_rows(rows, fitted()).shape == (0, 3)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (FRAME.rename(columns={"area": "size"}), "'area' is missing; 'size' is left over"),
        (FRAME.assign(sold=1), "'sold' is left over"),
        (FRAME.drop(columns="rooms"), "'rooms' is missing"),
        (pa.table(FRAME).append_column("price", pa.array([1.0, 2.0])), "'price' twice"),
        (pd.DataFrame(ROWS[:, :2]), "3 features"),
        (FRAME.astype({"area": str}), "'area' in row 0 is '80.0'"),
        ([[1.0, 2.0, "3"]], "'rooms' in row 0 is '3'"),
        (np.array([["1", "2", "3"]]), "'price' in row 0"),
        (FRAME.assign(rooms=pd.Timestamp("2024-05-06")), "'rooms' in row 0"),
        (np.full((1, 3), np.timedelta64(1, "D")), "'price' in row 0"),
        (np.full((1, 3), 1 + 2j), "'price' in row 0"),
        ([[10**400, 1, 2]], "'price' in row 0"),
        ([[1, 2], [3]], "not a table of numbers"),
        ([1.0, 2.0], "shape"),
        (np.zeros((2, 3, 3)), "shape"),
        (None, "shape"),
        ("rows", "not a table of numbers"),
        ({"price": [1.0]}, "not a table of numbers"),
        (iter(ROWS), "not a table of numbers"),
    ],
)
def test_what_cannot_be_matched_or_is_no_number_is_refused(rows, words):
    with pytest.raises(SparkLimeError, match=words) as caught:
        as_rows(rows, fitted())
    assert "\n" not in str(caught.value)


def test_an_explainer_without_names_knows_none():
    nameless = fitted(feature_names=None)
    np.testing.assert_array_equal(as_rows(pd.DataFrame(ROWS), nameless), ROWS)
    np.testing.assert_array_equal(as_rows(pd.DataFrame(ROWS)[[2, 0, 1]], nameless), ROWS)
    with pytest.raises(SparkLimeError, match="the explainer has no feature_names"):
        as_rows(FRAME, nameless)


def test_names_that_are_there_twice_match_in_their_own_order_alone():
    twins = fitted(feature_names=["x", "y", "x"])
    np.testing.assert_array_equal(as_rows(pd.DataFrame(ROWS, columns=["x", "y", "x"]), twins), ROWS)
    with pytest.raises(SparkLimeError, match="'x' twice"):
        as_rows(pd.DataFrame(ROWS, columns=["y", "x", "x"]), twins)


CODES = np.array([[0, 1], [2, 0], [0, 1], [1, 0], [2, 0]])
WANTED = np.array([[True, False], [False, True], [False, False], [True, True], [True, False]])


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_rows_that_are_alike_share_their_labels(kind):
    distinct, which, labels = distinct_rows(CODES.astype(kind), WANTED)
    assert len(distinct) == 3
    assert distinct.dtype == kind
    np.testing.assert_array_equal(distinct[which], CODES)
    np.testing.assert_array_equal(labels[which], WANTED | [[0, 0], [1, 1], [1, 0], [0, 0], [0, 1]])


def test_different_rows_of_one_number_stay_different(monkeypatch):
    monkeypatch.setattr(module, "_factors", lambda width: np.ones(width, dtype=np.uint64))
    distinct, which, _ = distinct_rows(CODES, WANTED)  # [0, 1] and [1, 0] have the same sum
    assert len(distinct) == 3
    np.testing.assert_array_equal(distinct[which], CODES)
