"""Find out how encoded features become the columns of a model again, from rows that are known in both forms."""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.models.decoding import CategoryDecoder, ColumnDecoder, ConstantDecoder, NumberDecoder
from sparklime_core.models.raw_table import gap_border

MOST_NAMED = 8
LAST_BITS = 1e-14
"""So near are two readings of one number, as a share of it."""


def fit_decoder(dataset: Dataset, name: str, values: "pd.Series[Any]") -> ColumnDecoder:
    """Return how a column is made of encoded rows.

    Parameters
    ----------
    dataset
        The encoded table.
    name
        The column's.
    values
        (n,) the column of the same rows, as the model wants it.

    Raises
    ------
    ModelError
        When the features do not hold the column: it was left out, is the target, or is a date that was split.
    """
    made = [at for at, feature in enumerate(dataset.encoding.features) if feature.column == name]
    if not made:
        return _fit_constant(dataset, name, values)
    if dataset.encoding.features[made[0]].part is not None:
        parts = ", ".join(repr(dataset.encoding.features[at].name) for at in made)
        raise ModelError(
            f"The model wants the column {name!r}, a date that the dataset has split into {parts}: a date cannot "
            "be put together from them. Train the model on such parts, or give the column the role 'categorical'."
        )
    if dataset.encoding.features[made[0]].categories is not None:
        return _fit_category(dataset, made[0], values)
    return _fit_number(dataset, name, made[0], values)


def placeholder(values: "pd.Series[Any]") -> ConstantDecoder:
    """Return a stand-in for a column that a model was fitted on and does not use."""
    return ConstantDecoder(_held(values)[:1])


def _fit_constant(dataset: Dataset, name: str, values: "pd.Series[Any]") -> ConstantDecoder:
    if values.nunique(dropna=False) == 1:
        return placeholder(values)
    if name == dataset.target_name:
        raise ModelError(f"The model wants the column {name!r}, which is the target; train it without.")
    reason = next((column.reason for column in dataset.report.columns if column.name == name), "").partition(";")[
        0
    ]
    raise ModelError(
        f"The model wants the column {name!r}, which the dataset leaves out{f' ({reason})' if reason else ''}; "
        "give the column a role."
    )


def _fit_number(dataset: Dataset, name: str, feature: int, values: "pd.Series[Any]") -> NumberDecoder:
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        raise ModelError(
            f"The model wants the column {name!r} as {_described(values)}, and the dataset has it as a number; "
            "give the column the role 'categorical'."
        )
    encoded = dataset.features[:, feature]
    read = values.to_numpy(dtype=np.float64, na_value=np.nan)
    other = (read != encoded) & (np.abs(read - encoded) <= LAST_BITS * np.abs(encoded))
    distinct, first = np.unique(encoded[other], return_index=True)
    border = gap_border(dataset, feature)
    return NumberDecoder(feature, values.dtype, border, distinct, read[other][first])


def _fit_category(dataset: Dataset, at: int, values: "pd.Series[Any]") -> CategoryDecoder:
    """Let each code stand for the value that most of its rows have."""
    feature = dataset.encoding.features[at]
    categories = feature.categories or ()
    codes = dataset.features[:, at]
    known = np.flatnonzero(np.isfinite(codes))
    which, distinct = pd.factorize(values, use_na_sentinel=False)
    _, first = np.unique(which, return_index=True)
    counted = np.bincount(
        codes[known].astype(np.int64) * len(distinct) + which[known], minlength=len(categories) * len(distinct)
    ).reshape(len(categories), len(distinct))
    held = counted.any(axis=1)
    places: npt.NDArray[np.int64] = np.where(held, np.cumsum(held) - 1, -1)
    taken = _held(values).take(first[counted.argmax(axis=1)[held]])
    unseen = int(feature.unseen) if feature.unseen is not None else -1
    if places[unseen] < 0 and values.dtype == object and isinstance(taken[0], str):
        taken = np.append(taken, np.array([categories[unseen]], dtype=object))
        places[unseen] = len(taken) - 1
    return CategoryDecoder(at, taken, places)


def _held(values: "pd.Series[Any]") -> Any:
    """Return a column as numpy holds it, or one of pandas' own arrays."""
    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def _described(values: "pd.Series[Any]") -> str:
    shown = values.dropna()
    example = f" like {shown.iloc[0]!r}" if len(shown) else ""
    return f"{'categories' if values.dtype.name == 'category' else 'texts'}{example}"


def fit_columns(
    dataset: Dataset, frame: pd.DataFrame, names: tuple[str, ...], used: Collection[str]
) -> tuple[tuple[str, ColumnDecoder], ...]:
    """Return name and decoder of each column that a model was fitted on.

    Raises
    ------
    ModelError
        When the table lacks a column that the model uses, or one cannot be decoded.
    """
    lacking = [name for name in names if name not in frame.columns and name in used]
    if lacking:
        plural = "" if len(lacking) == 1 else "s"
        raise ModelError(
            f"The model wants the column{plural} {_listed(lacking)}, which the table {dataset.name!r} lacks."
        )
    found: list[tuple[str, ColumnDecoder]] = []
    refused: dict[str, ModelError] = {}
    for name in names:
        if name not in used:
            found.append((name, placeholder(frame[name] if name in frame.columns else pd.Series([np.nan]))))
            continue
        try:
            found.append((name, fit_decoder(dataset, name, frame[name])))
        except ModelError as error:
            refused[name] = error
    if refused:
        (_, first), *others = refused.items()
        more = f" Nor can it have {_listed([name for name, _ in others])}." if others else ""
        raise ModelError(f"{first}{more}") from first
    return tuple(found)


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:MOST_NAMED])) + (", …" if len(names) > MOST_NAMED else "")
