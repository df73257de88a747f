"""The table that a model of raw columns was trained on, as pandas holds it, in the types that the model knows.

A CSV file has no types. What pandas makes of it is the first guess. The categories that the model's encoders know
overrule it, and so does the dataset's own reading of a number.
"""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.models.column_use import known_categories


@raised_as(ModelError, "The table cannot be read as pandas does")
def raw_frame(dataset: Dataset, table: Any = None) -> pd.DataFrame:
    """Return the rows of a dataset in its table's own columns.

    Parameters
    ----------
    dataset
        The encoded table.
    table
        The same rows as the model was given them, where that is not what ``pandas.read_csv`` or
        ``pandas.read_parquet`` makes of the file: a DataFrame, or what Arrow can read.

    Raises
    ------
    ModelError
        When there is no such table, or it has other rows.
    """
    if table is None:
        return _read_as_pandas_does(dataset)
    frame = table if isinstance(table, pd.DataFrame) else _from_arrow(table)
    if len(frame) != dataset.rows:
        raise ModelError(
            f"The table that was given has {len(frame)} rows, and {dataset.name!r} has {dataset.rows}; "
            "give the same rows in the same order."
        )
    return frame.reset_index(drop=True).rename(columns=str)


def _from_arrow(table: Any) -> pd.DataFrame:
    if not isinstance(table, pa.Table) and not hasattr(table, "__arrow_c_stream__"):
        raise ModelError(f"The table must be a DataFrame, not {type(table).__name__}.")
    return pa.table(table).to_pandas()  # type: ignore[no-any-return]


def _read_as_pandas_does(dataset: Dataset) -> pd.DataFrame:
    raw = dataset.raw
    if raw is None:
        raise ModelError(
            f"The columns of {dataset.name!r} are not in memory as its file has them; read the file again, or "
            "give the training table: adopt_model(estimator, dataset, table=frame)."
        )
    if not _is_text_file(dataset):
        return raw.to_pandas()  # type: ignore[no-any-return]
    written = io.BytesIO()
    pyarrow.csv.write_csv(raw, written)
    written.seek(0)
    frame = pd.read_csv(written, low_memory=False, skip_blank_lines=False)
    return frame.set_axis(raw.column_names, axis=1)


def _is_text_file(dataset: Dataset) -> bool:
    """Return whether a dataset's file is of text, which has no types of its own."""
    form = dataset.encoding.format
    return form is not None and form.options.delimiter is not None


def _own_numbers(dataset: Dataset, feature: int) -> "pd.Series[float]":
    """Return a feature that is a number as the dataset reads it, with NaN for gaps."""
    numbers = dataset.features[:, feature].copy()
    border = gap_border(dataset, feature)
    if border is not None:
        numbers[numbers <= border] = np.nan
    return pd.Series(numbers)


def gap_border(dataset: Dataset, feature: int) -> float | None:
    """Return the number up to which a feature's values stand for gaps; None where it has none."""
    known = dataset.encoding.features[feature]
    if known.missing is None or known.lowest is None:
        return None
    return (known.missing + known.lowest) / 2


def typed_columns(estimator: Any, dataset: Dataset, frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return columns of a table as a model's encoders know them, and numbers as numbers.

    Parameters
    ----------
    estimator
        The fitted model.
    dataset
        The encoded table.
    frame
        Its columns as pandas reads them.
    names
        Of the columns that the model was fitted on.
    """
    known = known_categories(estimator, names)
    found = {}
    for name in names:
        if name not in frame.columns:
            continue
        found[name] = frame[name]
        if name in known:
            found[name] = _as_known(frame[name], _texts(dataset, name), known[name])
        elif name in doubtful_numbers(dataset, frame):
            found[name] = doubtful_numbers(dataset, frame)[name]
    return pd.DataFrame(found)


def doubtful_numbers(dataset: Dataset, frame: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Return the columns that a dataset reads as numbers and pandas does not, as the dataset reads them."""
    return {
        feature.column: _own_numbers(dataset, at)
        for at, feature in enumerate(dataset.encoding.features)
        if feature.categories is None
        and feature.part is None
        and feature.column in frame.columns
        and not pd.api.types.is_numeric_dtype(frame[feature.column].dtype)
    }


def with_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its texts as pandas categories."""
    texts = [name for name in frame.columns if frame[name].dtype == object]
    return frame.astype(dict.fromkeys(texts, "category"))


def _texts(dataset: Dataset, name: str) -> "pd.Series[Any] | None":
    """Return a column as its file writes it; None where that is not known."""
    if dataset.raw is None or name not in dataset.raw.column_names:
        return None
    return dataset.raw[name].to_pandas()  # type: ignore[no-any-return]


def _as_known(
    values: "pd.Series[Any]", texts: "pd.Series[Any] | None", categories: npt.NDArray[Any]
) -> "pd.Series[Any]":
    """Return values in the type in which an encoder knows most of them; gaps as it knows them."""
    known = {category for category in categories.tolist() if not _is_gap(category)}
    ways = [values, values.astype(str).where(values.notna(), np.nan)]
    if texts is not None:
        ways.append(texts.astype(object).where(values.notna(), np.nan))
    counts = [sum(value in known for value in way.dropna().unique().tolist()) for way in ways]
    best = ways[int(np.argmax(counts))]
    if any(category is None for category in categories.tolist()):
        objects = best.to_numpy(dtype=object, copy=True)
        objects[best.isna().to_numpy()] = None
        return pd.Series(objects)
    return best


def _is_gap(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
