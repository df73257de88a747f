"""Where PySpark 3.5 to 4.3 differ. Nothing else in this package depends on the version of Spark."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import DataType

from sparklime_core.spark.session.backend import is_connect

ColumnFunction = Callable[[Iterator[tuple[pa.Array, ...]]], Iterator[pa.Array]]


def column_udf(function: ColumnFunction, returned: DataType) -> Callable[..., Column]:
    """Return a UDF of a function from batches of columns to batches of one column.

    Parameters
    ----------
    function
        Its type hints are those of `ColumnFunction`, which Spark reads.
    returned
        The result's type. Before Spark 4.1 it is made through pandas.
    """
    from pyspark.sql.pandas import functions  # noqa: PLC0415 - wants pandas

    made: Callable[..., Column]
    if hasattr(functions, "arrow_udf"):  # new in 4.1
        made = functions.arrow_udf(function, returned)  # type: ignore[call-overload]
    else:
        made = functions.pandas_udf(_through_pandas(function), returned)  # type: ignore[call-overload]
    return made


def with_positions(df: DataFrame, name: str) -> DataFrame:
    """Return a DataFrame with each row's position, from 0, in a further column; Spark counts the rows for it."""
    if hasattr(df, "zipWithIndex"):  # new in 4.2
        return df.zipWithIndex(name)
    try:
        from pyspark.sql.internal import InternalFunction  # noqa: PLC0415 - new in 4.0
    except ImportError:
        return _with_positions_3(df, name)
    return df.select("*", InternalFunction.distributed_sequence_id().alias(name))


def to_arrow(df: DataFrame) -> pa.Table:
    """Return a DataFrame as a table of Arrow."""
    if hasattr(df, "toArrow"):  # new in 4.0
        return df.toArrow()
    old: Any = df
    if is_connect(df.sparkSession):
        client = old.sparkSession.client
        return client.to_table(old._plan.to_proto(client))[0]
    return pa.Table.from_batches(old._collect_as_arrow(), schema=to_arrow_schema(df.schema))


def from_arrow(spark: SparkSession, table: pa.Table) -> DataFrame:
    """Return a table of Arrow as a DataFrame."""
    if hasattr(DataFrame, "toArrow"):  # 4.0 can do both
        return spark.createDataFrame(table)
    return spark.createDataFrame(table.to_pandas())


def _through_pandas(function: ColumnFunction) -> Callable[..., Any]:
    """Return a function over columns of pandas that does what another one does over those of Arrow."""
    import pandas as pd  # noqa: PLC0415 - executors of later versions need none

    def through(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        given = (_arrays(columns) for columns in batches)
        for column in function(given):
            yield pd.Series(column.to_pylist(), dtype=object)

    return through


def _arrays(columns: Any) -> tuple[pa.Array, ...]:
    """Return columns as arrays; a single one comes as itself."""
    given = columns if isinstance(columns, tuple) else (columns,)
    return tuple(pa.Array.from_pandas(column) for column in given)


def _with_positions_3(df: DataFrame, name: str) -> DataFrame:
    if is_connect(df.sparkSession):
        from pyspark.sql.connect.column import Column as ConnectColumn  # noqa: PLC0415
        from pyspark.sql.connect.expressions import DistributedSequenceID  # noqa: PLC0415

        return df.select("*", ConnectColumn(DistributedSequenceID()).alias(name))
    old: Any = df
    return DataFrame(old._jdf.toDF().withSequenceColumn(name), df.sparkSession)
