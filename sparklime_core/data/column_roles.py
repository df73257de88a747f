"""The role of each column with its reason: proposed, or chosen by the person.

Columns from which nothing is to be learnt are left out: the index that a tool has written, and copies of the
target. A role that a person chooses brings them back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.feature_encoding import MOST_CATEGORIES, category_texts
from sparklime_core.data.parse_column import Column, count_distinct
from sparklime_core.data.read_options import ColumnKind
from sparklime_core.data.read_table import Reading
from sparklime_core.errors import DataError

ROLES = ("numeric", "categorical", "date", "drop")
"""What a person may choose for a column."""

LONG_TEXT = 60
"""Texts that are longer on average (in characters) are no categories, unless there are few of them."""

MOSTLY_DIFFERENT = 0.9
LEAST_COVERED = 0.5
"""A share of the rows: the most frequent categories must hold it, else a column is free text."""

_IDENTIFIER = re.compile(
    r"(?:^|[^a-z])(?:id|ids|index|idx|key|uuid|guid|rownames?|row|nr|no)\W*$|^unnamed|^column_1$|Id$|ID$"
)
_KINDS: dict[str, ColumnKind] = {"numeric": "number", "date": "date"}

LEAST_ROWS = 10
"""With fewer rows that have a target, a column that is one with it may be so by chance."""

_MADE_UP = re.compile(r"(?:Unnamed: \d+(?:[._]\w+)*|__index_level_\d+__)$")
"""How pandas names what has no name, and an index."""

_INDEX = re.compile(r"(?:(?:index|level_\d+)(?:_\d+)?)?$")
"""No name, or one under which pandas and polars write an index; it starts again where tables were joined."""

_COUNTER = re.compile(r"(?:X|\.\.\.1|idx|row|row[._ ]?(?:nr|no|num|number|index|id|names?))$", re.IGNORECASE)
"""Names under which R, polars and databases write the numbers of rows."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ColumnRole:
    """What a column is used for.

    Attributes
    ----------
    name
        The column's.
    role
        One of `ROLES`, or ``"target"``.
    reason
        Why.
    """

    name: str
    role: str
    reason: str


def propose_roles(
    reading: Reading, target: str, chosen: Mapping[str, str] | None = None, learnt: BoolArray | None = None
) -> tuple[ColumnRole, ...]:
    """Decide what every column is used for.

    Parameters
    ----------
    reading
        The table.
    target
        The column to predict.
    chosen
        Column to one of `ROLES`, where the person has chosen.
    learnt
        (n,) the rows that the model may learn from; all when None.

    Returns
    -------
    tuple of ColumnRole
        One a column, in the order of the file.

    Raises
    ------
    DataError
        When a column that is named does not exist, or a role is none.
    """
    target = reading.full_name(target)
    wanted = {reading.full_name(name): _checked(name, role) for name, role in (chosen or {}).items()}
    every = learnt is None or bool(learnt.all())
    predicted = reading.column(target)
    proposed = []
    for position, column in enumerate(reading.columns):
        left_out = _index_reason(reading, position) or _copy_reason(reading, position, predicted, learnt)
        if column.name == target:
            proposed.append(ColumnRole(column.name, "target", "you chose it"))
        elif column.name in wanted:
            proposed.append(ColumnRole(column.name, wanted[column.name], "you chose it"))
        elif left_out:
            proposed.append(ColumnRole(column.name, "drop", f"{left_out}; give it a role to have it back"))
        else:
            role, reason = _detect(column, column.values if every else column.values.filter(pa.array(learnt)))
            proposed.append(ColumnRole(column.name, role, reason))
    return tuple(proposed)


def column_for(reading: Reading, role: ColumnRole) -> Column:
    """Return a column taken for what its role needs.

    Raises
    ------
    DataError
        When none of its values can be taken for that.
    """
    column = reading.column(role.name, _KINDS.get(role.role))
    if column.values.null_count == len(column.values):
        what = {"numeric": "a number", "date": "a date"}.get(role.role, "a value")
        raise DataError(
            f"No value of column {role.name!r} is {what}; choose another role for it, or leave it out."
        )
    return column


def _checked(name: str, role: str) -> str:
    if role not in ROLES:
        raise DataError(f"The role of {name!r} must be one of {', '.join(ROLES)}, not {role!r}.")
    return role


def _detect(column: Column, values: pa.Array) -> tuple[str, str]:
    filled = values.drop_null()
    if not len(filled):
        return "drop", f"it has no values ({'; '.join(column.notes)})" if column.notes else "it has no values"
    distinct = column.distinct if len(values) == len(column.values) else count_distinct(values)
    if distinct == 1:
        if not values.null_count:
            return "drop", f"it is constant: always {_shown(filled)}"
        return "categorical", f"it is {_shown(filled)} or missing"
    if column.kind == "number":
        return _of_numbers(column, filled, distinct)
    if column.kind == "text":
        return _of_text(column, filled, distinct)
    return "date" if column.kind == "date" else "categorical", column.reason


def _shown(values: pa.Array) -> str:
    text = str(category_texts(values[:1])[0].as_py())
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _of_numbers(column: Column, filled: pa.Array, distinct: int) -> tuple[str, str]:
    if distinct == 2 and set(pc.unique(filled).to_pylist()) == {0.0, 1.0}:
        return "categorical", "it is 0 or 1"
    if distinct == len(filled) >= 20 and _is_counter(column.name, np.asarray(filled)):
        return "drop", f"it is an identifier: {distinct} different whole numbers in {len(filled)} rows"
    return "numeric", column.reason


def _is_counter(name: str, values: npt.NDArray[np.float64]) -> bool:
    """Return whether different numbers count or name the rows."""
    if not (values == np.floor(values)).all():
        return False
    return is_identifier_name(name)


def is_identifier_name(name: str) -> bool:
    """Return whether a column is called as identifiers and numbers of rows are."""
    return bool(_IDENTIFIER.search(name) or _IDENTIFIER.search(name.lower()))


def _of_text(column: Column, filled: pa.Array, distinct: int) -> tuple[str, str]:
    counts_text = f"{distinct} different values in {len(filled)} rows"
    if distinct > 10 and distinct > MOSTLY_DIFFERENT * len(filled):
        kind = "free text" if pc.mean(pc.utf8_length(filled)).as_py() > LONG_TEXT else "an identifier"
        return "drop", f"it is {kind}: {counts_text}"
    if distinct <= MOST_CATEGORIES:
        return "categorical", f"{column.reason}, and there are {distinct} different ones"
    if pc.mean(pc.utf8_length(filled)).as_py() > LONG_TEXT:
        return "drop", f"it is free text: {counts_text}"
    counts = sorted((entry["counts"] for entry in pc.value_counts(filled).to_pylist()), reverse=True)
    if sum(counts[:MOST_CATEGORIES]) < LEAST_COVERED * len(filled):
        return "drop", f"it has too many categories: {counts_text}"
    return "categorical", f"{column.reason}: {counts_text}, of which the {MOST_CATEGORIES} most frequent are kept"


def _index_reason(reading: Reading, position: int) -> str | None:
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


def _copy_reason(reading: Reading, position: int, wanted: Column, learnt: BoolArray | None) -> str | None:
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
