"""The table that a model of raw columns was trained on, as pandas holds it."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as


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
    if not is_text_file(dataset):
        return raw.to_pandas()  # type: ignore[no-any-return]
    written = io.BytesIO()
    pyarrow.csv.write_csv(raw, written)
    written.seek(0)
    frame = pd.read_csv(written, low_memory=False, skip_blank_lines=False)
    return frame.set_axis(raw.column_names, axis=1)


def is_text_file(dataset: Dataset) -> bool:
    """Tell whether a dataset's file is of text, which has no types of its own."""
    form = dataset.encoding.format
    return form is not None and form.options.delimiter is not None


def own_numbers(dataset: Dataset, feature: int) -> "pd.Series[float]":
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
