"""A table of results as a caller has it, checked and brought into the result's schema."""

from typing import Any

import pyarrow as pa

from sparklime_core.errors import DataError
from sparklime_core.explain.schema import result_schema

SCHEMA = result_schema(profiles=True)
MAY_LACK = ("profile_score", "effective_share")
"""Columns of which results of the schema's first version have none."""

ANY_TYPE = ("row_id",)
"""Columns that are as the caller's own data is."""


def result_table(table: Any) -> pa.Table:
    """Return results as an Arrow table, in the types of the result's schema.

    Parameters
    ----------
    table
        Results in a table of Arrow or pandas, or in anything that gives an Arrow stream. Further columns stay.

    Raises
    ------
    DataError
        When it is no such table.
    """
    given = _as_arrow(table)
    missing = [name for name in _needed() if name not in given.column_names]
    if missing:
        raise DataError(
            f"The table is not a result of SparkLIME: it has no column {missing[0]!r}; give what "
            "explain_rows or explain_dataframe returned, or explanations.parquet of a run."
        )
    for at, name in enumerate(given.column_names):
        if name in SCHEMA.names and name not in ANY_TYPE:
            given = given.set_column(at, name, _cast(given[name], SCHEMA.field(name)))
    for name in MAY_LACK:
        if name not in given.column_names:
            given = given.append_column(name, pa.nulls(len(given), pa.float64()))
    return given


def _needed() -> list[str]:
    return [name for name in SCHEMA.names if name not in (*MAY_LACK, "profiles")]


def _as_arrow(table: Any) -> pa.Table:
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        return table
    if hasattr(table, "mapInArrow"):
        raise DataError("A Spark DataFrame is on the cluster: give Explanations the part to show, df.toArrow().")
    if hasattr(table, "iloc") and hasattr(table, "columns"):
        return _of_pandas(table)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    raise DataError(f"Explanations are made of a table of results, not of {type(table).__name__}.")


def _of_pandas(frame: Any) -> pa.Table:
    """Return a frame column by column: Arrow cannot guess the type of rows of Spark inside of lists."""
    columns = {}
    for name in map(str, frame.columns):
        kind = SCHEMA.field(name).type if name in SCHEMA.names and name not in ANY_TYPE else None
        try:
            columns[name] = pa.Array.from_pandas(frame[name], type=kind)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise DataError(f"The column {name!r} of the results cannot be read: {error}.") from error
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    try:
        return column if column.type == field.type else column.cast(field.type)
    except pa.ArrowException as error:
        raise DataError(
            f"The column {field.name!r} of the results is of type {column.type}, and must be {field.type}."
        ) from error
