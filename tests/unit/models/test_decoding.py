"""How rows are decoded, through JSON and back."""

import datetime as dt
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from sparklime_core import SparkLimeError
from sparklime_core.models.decoding import (
    CategoryDecoder,
    ConstantDecoder,
    Decoding,
    NumberDecoder,
    decoding_as_dict,
    decoding_from_dict,
)

PLACES = np.array([1, 0, -1])
HELD = {
    "object": np.array(["a", None], dtype=object),
    "gaps": np.array([np.nan, True], dtype=object),
    "whole": np.array([3, 4]),
    "truth": np.array([True, False]),
    "times": np.array(["2020-01-02", "2021-01-02"], dtype="M8[ns]"),
    "days": np.array([dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3)], dtype=object),
    "exact": np.array([decimal.Decimal("1.10"), pd.Timestamp("2020-01-02", tz="UTC")], dtype=object),
    "string": pd.array(["a", None], dtype="string"),
    "Int64": pd.array([1, None], dtype="Int64"),
    "ordered": pd.Categorical(["b", "a"], categories=["b", "c", "a"], ordered=True),
    "coded": pd.Categorical([2, 1], categories=[1, 2]),
    "arrow": pd.array([1.5, None], dtype="double[pyarrow]"),
}


def test_a_decoding_is_the_same_through_json():
    numbers = {"small": "float32", "whole numbers": "int16", "nullable": "Float64"}
    decoding = Decoding(
        (
            *((name, CategoryDecoder(0, values, PLACES)) for name, values in HELD.items()),
            *((name, NumberDecoder(1, pd.api.types.pandas_dtype(kind), -5.0)) for name, kind in numbers.items()),
            ("last bit", NumberDecoder(1, np.dtype(float), None, np.array([2.0]), np.array([np.nextafter(2, 3)]))),
            ("constant", ConstantDecoder(pd.Categorical(["x"]))),
        )
    )
    again = decoding_from_dict(json.loads(json.dumps(decoding_as_dict(decoding))))
    rows = np.array([[0.0, 2.0], [1.0, 3.4], [0.0, 1.0]])
    with_gaps = np.array([[2.0, -9.0], [np.nan, 2.0]])
    for asked in (rows, with_gaps):
        pd.testing.assert_frame_equal(again.decode(asked), decoding.decode(asked), check_exact=True)
    found = decoding.decode(rows)
    assert found["whole numbers"].tolist() == [2, 3, 1]
    assert found["last bit"][0] > 2
    assert found["whole"].dtype == np.int64
    assert decoding.decode(with_gaps)["whole"].isna().all()


def test_what_json_has_no_words_for_is_refused():
    held = np.array([{1, 2}], dtype=object)
    with pytest.raises(SparkLimeError, match="column 'sets' of the model holds a set, which cannot be stored"):
        decoding_as_dict(Decoding((("sets", ConstantDecoder(held)),)))
