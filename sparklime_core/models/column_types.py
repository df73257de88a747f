"""The columns of a table in the types that a model was fitted on, as far as the table and the model tell them.

A CSV file has no types. What pandas makes of it is the first guess; the categories that the model's encoders know
overrule it, and so does the dataset's own reading of a number.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.column_use import known_categories
from sparklime_core.models.raw_table import own_numbers


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
        feature.column: own_numbers(dataset, at)
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
