"""`explain_dataframe`: from a DataFrame to a lazy DataFrame of explanations; nothing comes to the driver."""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import BooleanType, DateType, NumericType, StringType, TimestampNTZType, TimestampType

from sparklime_core.arguments import flag
from sparklime_core.data.feature_encoding import BatchEncoder, Encoding
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError, SparkError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer_facts import feature_names
from sparklime_core.explain.settings import EngineName, ExplainSettings, OutputName
from sparklime_core.explain.types import Explainer
from sparklime_core.spark.columns import check_number, feature_order, names_of, place_of
from sparklime_core.spark.explained_frame import KeptColumns, NumberColumns, RowsOf, explained_frame
from sparklime_core.spark.session.failures import raised_by_spark

ENCODED_TYPES = (NumericType, BooleanType, StringType, DateType, TimestampType, TimestampNTZType)
"""Types of columns that an encoding can take."""


def explain_dataframe(
    df: DataFrame,
    explainer: Explainer,
    predict_fn: Any,
    feature_cols: Sequence[str],
    *,
    id_col: str | None = None,
    keep: Sequence[str] = (),
    encoding: Encoding | None = None,
    weight_columns: bool = False,
    engine: EngineName = "sampled",
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    output: OutputName = "probability",
    profiles: bool = False,
) -> DataFrame:
    """Return a lazy DataFrame of explanations, with the columns of `result_schema`.

    Parameters
    ----------
    df
        The rows. Nothing of it is collected, nor computed before a query of the result runs. What fails then is
        raised by Spark, with our sentence in its message.
    feature_cols
        The exact names of the features' columns, which hold numbers, with categories as the codes that the
        explainer knows. They are matched by name where they are the explainer's names, in any order. Where none of
        them is, they are in the explainer's order.
    id_col
        A column to take ``row_id`` from, of any type. Without it ``row_id`` is the row's position, from 0, in the
        order in which Spark reads the rows (as ``DataFrame.zipWithIndex`` of Spark 4.2 counts them, in one more
        pass).
    keep
        Columns that are kept next to the result.
    encoding
        ``dataset.encoding``: `feature_cols` are then columns as people keep them (texts, dates, gaps), and the
        executors encode them as the dataset was encoded.
    weight_columns
        Whether each of the explainer's features has a column of its own too, ``weight_NAME``, with its weight;
        null where the explanation leaves it out.
    explainer, predict_fn, engine, labels, num_features, num_samples, seed, output, profiles
        As `explain_rows` takes them.

    Raises
    ------
    SparkLimeError
        When a column is missing or of the wrong type, the session has ended, or nothing can be explained with
        these arguments.
    """
    if not hasattr(df, "mapInArrow") or not hasattr(df, "sparkSession"):
        raise SparkError(f"A Spark DataFrame is needed, not {type(df).__name__}; explain_rows takes other tables.")
    settings = ExplainSettings(
        engine,
        labels,  # type: ignore[arg-type]
        num_features,
        num_samples,
        seed,
        profiles,
        output,
    )
    if id_col is not None and not isinstance(id_col, str):
        raise SparkError(f"id_col must be the name of a column, not {id_col!r}.")
    features = feature_names(explainer) if flag("weight_columns", weight_columns) else ()
    with raised_by_spark("The DataFrame cannot be explained"):
        names = names_of(feature_cols, "feature_cols")
        kept_columns = KeptColumns(id_col, tuple(names_of(keep, "keep")), features)
        columns, rows_of = _input(df, names, feature_names(explainer), encoding)
        task = prepare_task(explainer, predict_fn, settings)
        return explained_frame(df, task, columns, rows_of, kept_columns)


def check_encoding(encoding: Any, features: tuple[str, ...]) -> None:
    """Raise `SettingsError` when it is no encoding, or not that of the explainer's features."""
    if not isinstance(encoding, Encoding):
        raise SettingsError(
            f"encoding must be that of a dataset (dataset.encoding), not {type(encoding).__name__}."
        )
    if tuple(feature.name for feature in encoding.features) != features:
        raise SettingsError("The explainer and the encoding have other features; take both from one dataset.")


def _input(
    df: DataFrame, names: list[str], features: tuple[str, ...], encoding: Any
) -> tuple[Sequence[str], RowsOf]:
    """Return the columns that are sent, and what makes rows of them."""
    if encoding is not None:
        return _encoded_input(df, names, features, encoding)
    if len(names) != len(features):
        raise SparkError(f"The explainer knows {len(features)} features, but {len(names)} columns were given.")
    fields = [df.schema.fields[place_of(df, name)] for name in names]
    for field in fields:
        check_number(field.name, field.dataType)
    order = feature_order([field.name for field in fields], features)
    return [names[at] for at in order], NumberColumns(features)


def _encoded_input(
    df: DataFrame, names: list[str], features: tuple[str, ...], encoding: Any
) -> tuple[Sequence[str], RowsOf]:
    check_encoding(encoding, features)
    encoder = BatchEncoder.of(encoding, names, ReadOptions())
    for name in encoder.columns:
        field = df.schema.fields[place_of(df, name)]
        if not isinstance(field.dataType, ENCODED_TYPES):
            kind = field.dataType.simpleString()
            raise SparkError(f"The column {field.name!r} is of type {kind}, and cannot be encoded.")
    return encoder.columns, encoder.encode
