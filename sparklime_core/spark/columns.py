"""Columns of a Spark DataFrame by their exact names: with dots, backticks or spaces, and next to structs."""

import re
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import BooleanType, DataType, NumericType

from sparklime_core.errors import DataError, SparkError
from sparklime_core.explain.rows import match_names

SHOWN_COLUMNS = 12
_QUOTED = re.compile(r"`((?:[^`]|``)+)`")
_COLUMN = re.compile(r"Column<'(.*)'>", re.DOTALL)


def named(name: str) -> Column:
    """Return the column of exactly this name, dots and all."""
    return sf.col("`" + name.replace("`", "``") + "`")


def unquoted(name: str) -> str:
    """Return a name without the backticks in which Spark wants one with dots."""
    quoted = _QUOTED.fullmatch(name)
    return quoted[1].replace("``", "`") if quoted else name


def names_of(given: Any, argument: str) -> list[str]:
    """Return names of columns as a list; raise `SparkError` for anything else."""
    names = None if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__") else list(given)
    if names is None or not all(isinstance(name, str) for name in names):
        raise SparkError(f"{argument} must be a sequence of names of columns, not {given!r}.")
    return [str(name) for name in names]


def place_of(df: DataFrame, name: str) -> int:
    """Return the place of the one column of a name; Spark's quoting and its settings for case are respected.

    Raises
    ------
    SparkError
        When there is none, or there are several.
    """
    known = df.columns
    for wanted in dict.fromkeys((name, unquoted(name))):
        found = [at for at, column in enumerate(known) if column == wanted]
        if not found and str(df.sparkSession.conf.get("spark.sql.caseSensitive")).lower() != "true":
            found = [at for at, column in enumerate(known) if column.lower() == wanted.lower()]
        if len(found) > 1:
            raise SparkError(f"The DataFrame has {len(found)} columns {wanted!r}; rename all but one of them.")
        if found:
            return found[0]
    shown = ", ".join(known[:SHOWN_COLUMNS]) + (", …" if len(known) > SHOWN_COLUMNS else "")
    raise SparkError(f"The DataFrame has no column {name!r}; it has {shown}.")


def by_place(df: DataFrame) -> DataFrame:
    """Return a DataFrame whose columns are called by their places, ``c0``, ``c1`` and so on."""
    return df.toDF(*(f"c{at}" for at in range(len(df.columns))))


def check_number(name: str, kind: DataType) -> None:
    """Raise `SparkError` when a column of this type holds no numbers."""
    if not isinstance(kind, (NumericType, BooleanType)):
        raise SparkError(f"The column {name!r} is of type {kind.simpleString()}, and LIME needs numbers.")


def feature_order(names: Sequence[str | None], features: Sequence[str]) -> list[int]:
    """Return where each feature is among columns: by name where the names are the features', else by place.

    Parameters
    ----------
    names
        Of the columns; None for an expression, which is taken at its place.

    Raises
    ------
    DataError
        When some columns have names of features, and others have none, or stand at another's place.
    """
    by_their_places = list(range(len(features)))
    if not any(name in features for name in names):
        return by_their_places
    plain = [name for name in names if name is not None]
    if len(plain) == len(names):
        return match_names(plain, features, "The columns")
    for name, feature in zip(names, features, strict=True):
        if name is not None and name != feature:
            raise DataError(f"The column {name!r} is in the place of the explainer's {feature!r}; use its order.")
    return by_their_places


def name_of(column: Column | str, features: Sequence[str]) -> str | None:
    """Return the name of a column; None for an expression, which only its place can tell."""
    if isinstance(column, str):
        return column if column in features else unquoted(column)
    shown = _COLUMN.fullmatch(str(column))
    name = unquoted(shown[1]) if shown else None
    return name if name in features else None
