"""Columns from which nothing is to be learnt: the index that a tool has written, and copies of the target.

Both are left out and said, and a role that a person chooses brings them back.
"""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.feature_encoding import category_texts
from sparklime_core.data.parse_column import Column
from sparklime_core.data.read_table import Reading

LEAST_ROWS = 10
"""With fewer rows that have a target, a column that is one with it may be so by chance."""

_MADE_UP = re.compile(r"(?:Unnamed: \d+(?:[._]\w+)*|__index_level_\d+__)$")
"""How pandas names what has no name, and an index."""

_INDEX = re.compile(r"(?:(?:index|level_\d+)(?:_\d+)?)?$")
"""No name, or one under which pandas and polars write an index; it starts again where tables were joined."""

_COUNTER = re.compile(r"(?:X|\.\.\.1|idx|row|row[._ ]?(?:nr|no|num|number|index|id|names?))$", re.IGNORECASE)
"""Names under which R, polars and databases write the numbers of rows."""


def index_reason(reading: Reading, position: int) -> str | None:
    """Return why a column is an index that a tool has written with the data; None when it is data."""
    column = reading.columns[position]
    header = reading.headers[position].strip() if reading.headers else column.name
    if column.name in reading.indexes:
        return "it is the index of its table and not data, as the file says"
    has_names = any(name.strip() for name in reading.headers)
    numbers = _whole_numbers(column) if has_names else None
    if numbers is None or not (header or position == 0):
        return None
    if _MADE_UP.match(header) and (header.startswith(("__", "Unnamed: 0")) or _runs(numbers)):
        return "it is an index that pandas has written, with no name of its own"
    is_unique = not header and len(np.unique(numbers)) == len(numbers)
    runs = _runs(numbers) if _INDEX.match(header) or (_COUNTER.match(header) and header != "x") else 0
    if is_unique or runs == 1 or (runs and _INDEX.match(header)):
        return "it is an index: it numbers the rows"
    return None


def _whole_numbers(column: Column) -> npt.NDArray[np.float64] | None:
    if column.kind != "number" or column.missing:
        return None
    values: npt.NDArray[np.float64] = column.values.to_numpy(zero_copy_only=False)
    return values if (values == np.floor(values)).all() else None


def _runs(numbers: npt.NDArray[np.float64]) -> int:
    """Return how often numbers count from 0, or from 1, when they do nothing else; 0 when they do."""
    begins = np.flatnonzero(np.diff(numbers, prepend=np.inf) != 1)
    counting = numbers[0] in (0, 1) and (numbers[begins] == numbers[0]).all() and len(begins) * 2 <= len(numbers)
    return len(begins) if counting else 0


def copy_reason(
    reading: Reading, position: int, wanted: Column, learnt: npt.NDArray[np.bool_] | None
) -> str | None:
    """Return why a column is the target once more; None when it is not."""
    column, target = reading.columns[position], wanted.name
    if reading.headers and reading.headers[position].strip() == target.strip():
        return f"it has the name of the target {target!r}"
    both = pc.and_(column.values.is_valid(), wanted.values.is_valid())
    both = both if learnt is None else pc.and_(both, pa.array(learnt))
    rows = pc.sum(both).as_py() or 0
    if rows < max(LEAST_ROWS, 0.9 * (len(wanted.values) - wanted.missing)):
        return None
    numbers = column.kind == wanted.kind == "number"
    if numbers and _are_equal(column.values.filter(both), wanted.values.filter(both)):
        return f"it is equal to the target {target!r}"
    if column.distinct == wanted.distinct <= rows / 2 and _are_paired(
        category_texts(column.values.filter(both)), category_texts(wanted.values.filter(both))
    ):
        return f"it gives the target {target!r} away: each of its values goes with one of the target's"
    return None


def _are_equal(values: pa.Array, others: pa.Array) -> bool:
    left, right = (array.to_numpy(zero_copy_only=False) for array in (values, others))
    return bool(np.isclose(left, right, rtol=1e-9, atol=0.0).all()) and bool((left != left[0]).any())


def _are_paired(texts: pa.Array, others: pa.Array) -> bool:
    """Return whether each of several texts goes with one of the others, and no two with the same."""
    left, right = texts.dictionary_encode(), others.dictionary_encode()
    count = len(left.dictionary)
    if count < 2 or count != len(right.dictionary):
        return False
    codes = np.asarray(left.indices).astype(np.int64) * count + np.asarray(right.indices)
    return len(np.unique(codes)) == count
