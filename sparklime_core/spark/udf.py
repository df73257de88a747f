"""The recipe's own form, `explainer_udf`: lazy, and nothing comes to the driver."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, SparkSession
from pyspark.sql.pandas.types import from_arrow_type

from sparklime_core.data.feature_encoding import BatchEncoder, Encoding
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError, SparkError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer_facts import feature_names
from sparklime_core.explain.schema import REASONS_TYPE, compact_schema
from sparklime_core.explain.settings import EngineName, ExplainSettings, OutputName
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import Explainer
from sparklime_core.spark.columns import feature_order, name_of, named
from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.explain_dataframe import check_encoding
from sparklime_core.spark.explained_frame import NumberColumns, RowsOf, explained_blocks
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import raised_by_spark
from sparklime_core.spark.versions import column_udf
from sparklime_core.spark.waves.payload import Payload, publish


def explainer_udf(
    spark: SparkSession,
    explainer: Explainer,
    predict_fn: Any,
    *,
    encoding: Encoding | None = None,
    engine: EngineName = "sampled",
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    output: OutputName = "probability",
    profiles: bool = False,
) -> Callable[..., Column]:
    """Return a function of feature columns that gives each row's explanation.

    The model and the explainer are sent to the executors now; rows are explained when Spark runs the query::

        explain = explainer_udf(spark, explainer, model.predict_proba)
        df.withColumn("explanations", explain(*feature_cols))

    The columns hold numbers, as `explain_dataframe` takes them, with categories as the codes that the explainer
    knows. A text is the exact name of a column, dots and all; a field of a struct is ``col("struct.field")``.
    Columns are matched by name where they have the explainer's names; all others are in the explainer's order.
    The function does not see the DataFrame: that a column is missing is raised by Spark, and that it is no number
    by the executors, in a sentence of ours in what Spark raises.

    Parameters
    ----------
    spark
        A session, of `connect` or any other one, classic or of Spark Connect.
    encoding
        ``dataset.encoding``: the columns are then given by their names and hold what people keep (texts, dates,
        gaps), as `explain_dataframe` takes them.
    explainer, predict_fn, engine, num_features, num_samples, seed, output
        As `explain_rows` takes them.
    labels
        ``"predicted"``, or one class index: a column holds one explanation per row.
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
        When the session has ended, or nothing can be explained with these arguments.
    """
    if not hasattr(spark, "createDataFrame"):
        raise SparkError(f"A Spark session is needed, not {type(spark).__name__}.")
    settings = ExplainSettings(
        engine,
        labels,  # type: ignore[arg-type]
        num_features,
        num_samples,
        seed,
        profiles,
        output,
    )
    if settings.labels == "all" or (not isinstance(settings.labels, str) and len(settings.labels) > 1):
        raise SettingsError(
            "explainer_udf gives one explanation per row, so labels must be 'predicted' or one class index; "
            "explain_dataframe gives several."
        )
    with raised_by_spark("The UDF cannot be made"):
        features = feature_names(explainer)
        if encoding is not None:
            check_encoding(encoding, features)
        task = prepare_task(explainer, predict_fn, replace(settings, profiles=False))
        ship_package(backend_of(spark))
        payload = publish(spark, task)

    def explain(*columns: "Column | str") -> Column:
        with raised_by_spark("The columns cannot be explained"):
            rows_of: RowsOf
            if encoding is None:
                given, rows_of = _number_columns(columns, features), NumberColumns(features)
            else:
                given, rows_of = _raw_columns(columns, encoding)
            return column_udf(_column_explainer(payload, rows_of), from_arrow_type(REASONS_TYPE))(*given)

    return explain


def _number_columns(columns: Sequence[Column | str], features: tuple[str, ...]) -> list[Column]:
    """Return columns of numbers in the order of the features."""
    if len(columns) != len(features):
        raise SparkError(f"The explainer knows {len(features)} features, but {len(columns)} columns were given.")
    _check_columns(columns)
    names = [name_of(column, features) for column in columns]
    return [_column(columns[at], names[at]) for at in feature_order(names, features)]


def _raw_columns(columns: Sequence[Column | str], encoding: Encoding) -> tuple[list[Column], RowsOf]:
    """Return the columns that an encoding needs, and what makes rows of them."""
    _check_columns(columns)
    by_name: dict[str, Column] = {}
    for column in columns:
        name = name_of(column, encoding.columns())
        if name is None:
            raise SparkError(
                f"With an encoding, columns are given by name, and {column} is not one of its columns."
            )
        if name in by_name:
            raise SparkError(f"The column {name!r} was given twice.")
        by_name[name] = _column(column, name)
    encoder = BatchEncoder.of(encoding, list(by_name), ReadOptions())
    return [by_name[name] for name in encoder.columns], encoder.encode


def _check_columns(columns: Sequence[Column | str]) -> None:
    unlike = next((column for column in columns if not isinstance(column, (str, Column))), None)
    if unlike is not None:
        raise SparkError(f"A column or its name is needed, not {unlike!r}.")


def _column(column: Column | str, name: str | None) -> Column:
    return named(name or "") if isinstance(column, str) else column


def _column_explainer(
    payload: Payload, rows_of: RowsOf
) -> Callable[[Iterator[tuple[pa.Array, ...]]], Iterator[pa.Array]]:
    """Return the function for `column_udf`, which reads from its type hints what it is given."""

    def explain(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        task = payload.load()
        for columns in batches:
            # A single column comes as itself, whatever the hints say.
            given = columns if isinstance(columns, tuple) else (columns,)
            yield _explanations_column(task, given, rows_of)

    return explain


def _explanations_column(task: ExplainTask, columns: Sequence[pa.Array], rows_of: RowsOf) -> pa.Array:
    """Explain a batch of columns; there is one label per row, and so one list per row."""
    blocks = explained_blocks(task, rows_of(columns))
    compact = pa.Table.from_batches(blocks, schema=compact_schema(profiles=False))
    explanation = task.vocabulary.decode(compact)["explanation"].combine_chunks()
    structs = explanation.flatten()
    kept = pa.StructArray.from_arrays(
        [structs.field("feature_explanation"), structs.field("weight")], names=["feature_explanation", "weight"]
    )
    return pa.ListArray.from_arrays(_offsets(explanation), kept, mask=explanation.is_null())


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = np.asarray(lists.value_lengths().fill_null(0), dtype=np.int32)
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
