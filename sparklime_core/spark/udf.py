"""The recipe's own form, `explainer_udf`, and `explain_dataframe`: lazy, and nothing comes to the driver."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.functions import arrow_udf

from sparklime_core.errors import SettingsError, SparkError
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.schema import compact_schema
from sparklime_core.explain.settings import EngineName, ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.spark.executors.logs import log_row
from sparklime_core.spark.executors.package_upload import ship_package
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.waves.payload import Payload, publish
from sparklime_core.spark.waves.worker import Batches

PROFILES_DDL = (
    "array<struct<feature: string, bins: array<struct<condition: string, share: double, effect: double>>>>"
)
EXPLANATIONS_DDL = "array<struct<feature_explanation: string, weight: double>>"
ID = "__sparklime_row_id"


def result_ddl(*, profiles: bool, row_id: str = "long") -> str:
    """Return `result_schema` in Spark's words, with ids of a type of one's own."""
    return (
        f"row_id {row_id}, label int, label_name string, prediction double, local_prediction double, "
        "intercept double, score double, "
        "explanation array<struct<feature: string, feature_explanation: string, weight: double>>, "
        "profile_score double, effective_share double, "
        + (f"profiles {PROFILES_DDL}, " if profiles else "")
        + "error string"
    )


def explainer_udf(
    spark: SparkSession,
    explainer: Explainer,
    predict_fn: PredictFn,
    *,
    engine: EngineName = "sampled",
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    profiles: bool = False,
) -> Callable[..., Column]:
    """Return a function of feature columns that gives each row's explanation.

    The model and the explainer are sent to the executors now; rows are explained when Spark runs the query. The
    columns must be in the explainer's order, with categories as the codes that the explainer knows::

        explain = explainer_udf(spark, explainer, model.predict_proba)
        df.withColumn("explanations", explain(*feature_cols))

    Parameters
    ----------
    spark
        A session, of `connect` or any other one, classic or of Spark Connect.
    explainer, predict_fn, engine, num_features, num_samples, seed
        As `explain_rows` takes them.
    labels
        ``"predicted"``, or one class index: a column holds one explanation a row.
    profiles
        As `explain_rows` takes it, and without effect: the column has no place for profiles.

    Returns
    -------
    Callable
        Columns, or their names, to a column of ``array<struct<feature_explanation: string, weight: double>>``;
        null where a row cannot be explained.

    Raises
    ------
    SparkLimeError
        When nothing can be explained with these arguments.
    """
    if labels == "all" or (not isinstance(labels, str) and len(tuple(labels)) > 1):
        raise SettingsError(
            "explainer_udf gives one explanation a row, so labels must be 'predicted' or one class index; "
            "explain_dataframe gives several."
        )
    settings = ExplainSettings(engine, labels, num_features, num_samples, seed, profiles)  # type: ignore[arg-type]
    task = prepare_task(explainer, predict_fn, replace(settings, profiles=False))
    ship_package(backend_of(spark))
    # PySpark infers the kind from the type hints; its own stubs want the kind by number.
    column_of = arrow_udf(_column_explainer(publish(spark, task)), EXPLANATIONS_DDL)  # type: ignore[call-overload]
    width = len(explainer.feature_names)

    def explain(*columns: "Column | str") -> Column:
        if len(columns) != width:
            raise SparkError(f"The explainer knows {width} features, but {len(columns)} columns were given.")
        explanations: Column = column_of(*(_number(column) for column in columns))
        return explanations

    return explain


def explain_dataframe(
    df: DataFrame,
    explainer: Explainer,
    predict_fn: PredictFn,
    feature_cols: Sequence[str],
    *,
    id_col: str | None = None,
    engine: EngineName = "sampled",
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    profiles: bool = False,
) -> DataFrame:
    """Return a lazy DataFrame of explanations, with the columns of `result_schema`.

    Parameters
    ----------
    df
        The rows. Nothing of it is collected, nor computed before a query of the result runs.
    feature_cols
        The columns of the features, in the explainer's order; categories as the codes that the explainer knows.
    id_col
        A column of whole numbers to take ``row_id`` from. Without it ``row_id`` is the row's position, from 0, in
        the order in which Spark reads the rows (as ``DataFrame.zipWithIndex`` counts them, in one more pass).
    explainer, predict_fn, engine, labels, num_features, num_samples, seed, profiles
        As `explain_rows` takes them.

    Raises
    ------
    SparkLimeError
        When a column is missing or no number, or nothing can be explained with these arguments.
    """
    width = len(explainer.feature_names)
    if len(feature_cols) != width:
        raise SparkError(f"The explainer knows {width} features, but {len(feature_cols)} columns were given.")
    _check_columns(df, [*feature_cols, *([id_col] if id_col else [])])
    task = prepare_task(
        explainer,
        predict_fn,
        ExplainSettings(engine, labels, num_features, num_samples, seed, profiles),  # type: ignore[arg-type]
    )
    spark = df.sparkSession
    ship_package(backend_of(spark))
    if id_col is None:
        numbered, row_id = df.zipWithIndex(ID), sf.col(ID)
    else:
        numbered, row_id = df, named(id_col).cast("long").alias(ID)
    features = [_number(named(name)).alias(f"f{at}") for at, name in enumerate(feature_cols)]
    explain = table_explainer(publish(spark, task), _rows)
    return numbered.select(row_id, *features).mapInArrow(explain, result_ddl(profiles=profiles))


def _check_columns(df: DataFrame, names: Sequence[str]) -> None:
    types = dict(df.dtypes)
    for name in names:
        if name not in types:
            raise SparkError(f"The DataFrame has no column {name!r}; it has {', '.join(df.columns)}.")
        if not types[name].startswith(
            ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "bool")
        ):
            raise SparkError(f"The column {name!r} is of type {types[name]}, and LIME needs numbers.")


def named(name: str) -> Column:
    """Return the column of exactly this name, dots and all."""
    return sf.col("`" + name.replace("`", "``") + "`")


def _number(column: "Column | str") -> Column:
    """Return a column as doubles; what is no number becomes null, and its row cannot be explained."""
    return (sf.col(column) if isinstance(column, str) else column).try_cast("double")


def _column_explainer(payload: Payload) -> Callable[[Iterator[tuple[pa.Array, ...]]], Iterator[pa.Array]]:
    """Return the function for ``arrow_udf``, which reads from its type hints what it is given."""

    def explain(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        task = payload.load()
        for columns in batches:
            # A single column comes as itself, whatever the hints say.
            yield _explanations_column(task, columns if isinstance(columns, tuple) else (columns,))

    return explain


def table_explainer(
    payload: Payload, rows_of: Callable[[Sequence[pa.Array]], FloatArray]
) -> Callable[[Batches], Batches]:
    """Return the function for ``mapInArrow`` over an id and columns, of which `rows_of` makes rows (n, d)."""

    def explain(batches: Batches) -> Batches:
        task = payload.load()
        for batch in batches:
            ids = batch.column(0)
            for compact in _explained(task, rows_of(batch.columns[1:]), ids):
                decoded = task.vocabulary.decode(pa.Table.from_batches([compact]))
                # The ids may be null or repeat, so the row's place in the batch has stood in for them.
                row_ids = ids.take(compact["row_id"])
                yield from decoded.set_column(0, "row_id", row_ids).combine_chunks().to_batches()

    return explain


def _explained(task: ExplainTask, rows: FloatArray, ids: pa.Array | None = None) -> Iterator[pa.RecordBatch]:
    """Explain the rows of a batch, block by block; in the result ``row_id`` is the place in the batch."""
    places: IntArray = np.arange(len(rows), dtype=np.int64)
    for start in range(0, len(rows), BLOCK_ROWS):
        at = slice(start, start + BLOCK_ROWS)
        log_row(task, rows[start], "" if ids is None else str(ids[start]), len(rows[at]))
        yield task.explain(rows[at], places[at])


def _rows(columns: Sequence[pa.Array]) -> FloatArray:
    """Return columns of doubles as rows (n, d), nulls as NaN."""
    return np.column_stack([column.to_numpy(zero_copy_only=False) for column in columns]).astype(np.float64)


def _explanations_column(task: ExplainTask, columns: Sequence[pa.Array]) -> pa.Array:
    """Explain a batch of columns; there is one label a row, and so one list a row."""
    compact = pa.Table.from_batches(_explained(task, _rows(columns)), schema=compact_schema(profiles=False))
    explanation = task.vocabulary.decode(compact)["explanation"].combine_chunks()
    structs = explanation.flatten()
    kept = pa.StructArray.from_arrays(
        [structs.field("feature_explanation"), structs.field("weight")], names=["feature_explanation", "weight"]
    )
    return pa.ListArray.from_arrays(_offsets(explanation), kept, mask=explanation.is_null())


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = np.asarray(lists.value_lengths().fill_null(0), dtype=np.int32)
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
