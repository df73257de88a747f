"""A lazy DataFrame of explanations: what `explain_dataframe` and `explain_table` share."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_type
from pyspark.sql.types import DataType, LongType, StructField, StructType

from sparklime_core.errors import DataError, SparkError
from sparklime_core.explain.schema import result_schema
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.columns import by_place, place_of
from sparklime_core.spark.executors.logs import log_row
from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.versions import with_positions
from sparklime_core.spark.waves.payload import Payload, publish
from sparklime_core.spark.waves.worker import Batches

ID = "__sparklime_row_id"

RowsOf = Callable[[Sequence[pa.Array]], FloatArray]
"""Columns of a batch to rows (n, d)."""


@dataclass(frozen=True)
class KeptColumns:
    """Columns of a result apart from the explanations.

    Attributes
    ----------
    id_col
        The column that ``row_id`` is taken from; None for the row's position.
    keep
        Further columns of the DataFrame.
    weights_of
        Features whose weights have a column each.
    """

    id_col: str | None = None
    keep: tuple[str, ...] = ()
    weights_of: tuple[str, ...] = ()


def explained_frame(
    df: DataFrame,
    task: ExplainTask,
    columns: Sequence[str],
    rows_of: RowsOf,
    kept_columns: KeptColumns,
    payload: Payload | None = None,
) -> DataFrame:
    """Return a lazy DataFrame with the columns of `result_schema`, and what is to be kept.

    Parameters
    ----------
    df
        The rows.
    columns
        Those that `rows_of` makes rows of, in its order.
    payload
        The task, where it was brought to the executors before.

    Raises
    ------
    SparkError
        When a column is not there, is there twice, or cannot be kept in the result.
    """
    own = from_arrow_schema(result_schema(profiles=task.settings.profiles)).fields[1:]
    fields, places = df.schema.fields, [place_of(df, name) for name in kept_columns.keep]
    weights = [f"weight_{name}" for name in kept_columns.weights_of]
    _check_kept([*(fields[at].name for at in places), *weights], ["row_id", *(field.name for field in own)])
    numbered, row_id = by_place(df), sf.col(ID)
    kind: DataType = LongType()
    if kept_columns.id_col is not None:
        at = place_of(df, kept_columns.id_col)
        row_id, kind = sf.col(f"c{at}"), fields[at].dataType
    elif df.isStreaming:
        raise SparkError("The rows of a streaming DataFrame have no positions; give id_col.")
    else:
        numbered = with_positions(numbered, ID)
    kept = [StructField(fields[at].name, fields[at].dataType) for at in places]
    for name, carried in (
        (kept_columns.id_col or "row_id", kind),
        *((field.name, field.dataType) for field in kept),
    ):
        _check_carried(name, carried)
    sent = [f"c{at}" for at in (*places, *(place_of(df, name) for name in columns))]
    ship_package(backend_of(df.sparkSession))
    explain = table_explainer(payload or publish(df.sparkSession, task), rows_of, len(kept))
    schema = StructType([StructField("row_id", kind), *own, *kept])
    # A column may be sent twice, as a feature and to be kept.
    selected = [sf.col(name).alias(f"s{at}") for at, name in enumerate(sent)]
    explained = numbered.select(row_id.alias(ID), *selected).mapInArrow(explain, schema)
    if not weights:
        return explained
    by_feature = sf.map_from_entries(
        sf.transform("explanation", lambda entry: sf.struct(entry["feature"], entry["weight"]))
    )
    columns_of = [
        sf.try_element_at(by_feature, sf.lit(feature)).alias(name)
        for feature, name in zip(kept_columns.weights_of, weights, strict=True)
    ]
    return explained.select("*", *columns_of)


def _check_carried(name: str, kind: DataType) -> None:
    """Raise `SparkError` when values of a type cannot go to Python and come back as they were."""
    try:
        to_arrow_type(kind)
    except Exception as error:
        raise SparkError(
            f"The column {name!r} is of type {kind.simpleString()}, which cannot be kept in the result; "
            "cast it to another type."
        ) from error


def _check_kept(names: list[str], taken: list[str]) -> None:
    clash = next((name for at, name in enumerate(names) if name in taken or name in names[:at]), None)
    if clash is not None:
        raise SparkError(f"The result has a column {clash!r} already; rename the one to keep.")


def table_explainer(payload: Payload, rows_of: RowsOf, kept: int) -> Callable[[Batches], Batches]:
    """Return the function for ``mapInArrow`` over an id, `kept` columns to keep, and those of the rows."""

    def explain(batches: Batches) -> Batches:
        task = payload.load()
        for batch in batches:
            kept_values, columns = batch.columns[1 : 1 + kept], batch.columns[1 + kept :]
            for compact in explained_blocks(task, rows_of(columns), batch.column(0)):
                decoded = task.vocabulary.decode(pa.Table.from_batches([compact]))
                # Ids may be null or repeat, so the row's place in the batch has stood in for them.
                places = compact["row_id"]
                decoded = decoded.set_column(0, "row_id", batch.column(0).take(places))
                for at, column in enumerate(kept_values):
                    decoded = decoded.append_column(f"kept {at}", column.take(places))
                yield from decoded.combine_chunks().to_batches()

    return explain


def explained_blocks(task: ExplainTask, rows: FloatArray, ids: pa.Array | None = None) -> Iterator[pa.RecordBatch]:
    """Explain the rows of a batch, block by block; in the result ``row_id`` is the place in the batch."""
    places: IntArray = np.arange(len(rows), dtype=np.int64)
    for start in range(0, len(rows), BLOCK_ROWS):
        at = slice(start, start + BLOCK_ROWS)
        log_row(task, rows[start], "" if ids is None else str(ids[start]), len(rows[at]))
        yield task.explain(rows[at], places[at])


@dataclass(frozen=True)
class NumberColumns:
    """Makes rows of columns of numbers, called by the explainer's names, with nulls as NaN."""

    names: tuple[str, ...]

    def __call__(self, columns: Sequence[pa.Array]) -> FloatArray:
        """Return columns as rows (n, d); raise `DataError` when one holds no numbers."""
        numbers = [_numbers(column, name) for column, name in zip(columns, self.names, strict=True)]
        return np.ascontiguousarray(np.column_stack(numbers))


def _numbers(column: pa.Array, name: str) -> npt.NDArray[np.float64]:
    kind = column.type
    if pa.types.is_decimal(kind):
        # Arrow's own conversion is not the nearest number.
        exact = [float("nan") if value is None else float(value) for value in column.to_pylist()]
        return np.array(exact, dtype=np.float64)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise DataError(f"The column of {name!r} is of type {kind}, and LIME needs numbers.")
    found: npt.NDArray[np.float64] = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found
