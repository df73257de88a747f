"""The role of each column with its reason: proposed, or chosen by the person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.feature_encoding import MOST_CATEGORIES, category_texts
from sparklime_core.data.giveaway_columns import copy_reason, index_reason
from sparklime_core.data.parse_column import Column, count_distinct
from sparklime_core.data.read_table import Reading
from sparklime_core.data.table_format import Kind
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
_KINDS: dict[str, Kind] = {"numeric": "number", "date": "date"}

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
        left_out = index_reason(reading, position) or copy_reason(reading, position, predicted, learnt)
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
        return "drop", "it has no values"
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
    said = f"{distinct} different values in {len(filled)} rows"
    if distinct > 10 and distinct > MOSTLY_DIFFERENT * len(filled):
        kind = "free text" if pc.mean(pc.utf8_length(filled)).as_py() > LONG_TEXT else "an identifier"
        return "drop", f"it is {kind}: {said}"
    if distinct <= MOST_CATEGORIES:
        return "categorical", f"{column.reason}, and there are {distinct} different ones"
    if pc.mean(pc.utf8_length(filled)).as_py() > LONG_TEXT:
        return "drop", f"it is free text: {said}"
    counts = sorted((entry["counts"] for entry in pc.value_counts(filled).to_pylist()), reverse=True)
    if sum(counts[:MOST_CATEGORIES]) < LEAST_COVERED * len(filled):
        return "drop", f"it has too many categories: {said}"
    return "categorical", f"{column.reason}: {said}, of which the {MOST_CATEGORIES} most frequent are kept"
