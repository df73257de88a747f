"""Compare what a model predicts for the same rows in two forms, like a table and its decoded rows."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, reason
from sparklime_core.explain.types import FloatArray, IntArray, predict_fn_of
from sparklime_core.models.columns_model import ColumnsModel

TOLERANCE = 1e-9
"""How far predictions for decoded rows may be off, of 1 or of a larger prediction."""

ASKED_AT_ONCE = 50_000

CLEARLY = math.log(100)
"""A form of input is clearly better when it makes the targets a hundred times as likely."""

LEAST = 0.1
"""The least probability that counts for a class, and the least error that counts for a number, as a share of the
targets' standard deviation: a few rows that a model is sure about do not decide."""


def ask(estimator: Any, table: pd.DataFrame | FloatArray) -> FloatArray:
    """Return a model's probabilities (n, K), or its values (n, 1), for a table or an array."""
    predict: Any = predict_fn_of(estimator)
    parts = [
        np.asarray(predict(table[begin : begin + ASKED_AT_ONCE]), dtype=np.float64)
        for begin in range(0, len(table), ASKED_AT_ONCE)
    ]
    return np.concatenate(parts).reshape(len(table), -1)


def differ(found: FloatArray, wanted: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (n,) which rows have other predictions (n, K)."""
    gap = np.abs(found - wanted).max(axis=1)
    differs: npt.NDArray[np.bool_] = ~(gap <= TOLERANCE * np.maximum(1.0, np.abs(wanted).max(axis=1)))
    return differs


def check_decoded(model: ColumnsModel, dataset: Dataset, frame: pd.DataFrame, predicted: FloatArray) -> None:
    """Hold predictions for decoded rows against those for the table itself.

    Parameters
    ----------
    model
        Asks about decoded rows.
    dataset
        The encoded table; rows with a value that its encoding does not know are left aside.
    frame
        The same rows in the model's own columns.
    predicted
        (n, K) what the model predicts for them.

    Raises
    ------
    ModelError
        When a row is predicted otherwise; the message names the first one, and the column at fault.
    """
    rows = np.flatnonzero(np.isfinite(dataset.features).all(axis=1))
    decoded = model.decoding.decode(dataset.features[rows])
    try:
        found = ask(model.estimator, decoded)
    except Exception as error:
        raise ModelError(
            f"The model cannot predict the decoded rows of {dataset.name!r}: {reason(error)}."
        ) from error
    off = np.flatnonzero(differ(found, predicted[rows]))
    if not len(off):
        return
    at = int(off[0])
    row = int(rows[at])
    name = _column_at_fault(model.estimator, decoded, frame.iloc[rows], at, predicted[row : row + 1])
    raise ModelError(
        f"The model predicts {len(off)} of {len(rows)} rows of {dataset.name!r} differently when they are "
        f"decoded, first in row {row + 1}: {_said(frame, decoded, row, at, name)}{_hint(dataset, name)}."
    )


def _column_at_fault(
    estimator: Any, decoded: pd.DataFrame, own: pd.DataFrame, at: int, wanted: FloatArray
) -> str | None:
    """Return the column whose own value brings a decoded row's prediction nearest to the wanted one."""
    here, there = decoded.iloc[[at]], own.iloc[[at]]
    gaps = {}
    for name in decoded.columns:
        if _same(here[name].iloc[0], there[name].iloc[0]):
            continue
        mended = here.assign(**{name: there[name].array})
        try:
            gaps[name] = float(np.abs(ask(estimator, mended) - wanted).max())
        except Exception:  # noqa: BLE001 - another column is at fault as well
            gaps[name] = np.inf
    return min(gaps, key=lambda name: gaps[name]) if gaps else None


def _said(frame: pd.DataFrame, decoded: pd.DataFrame, row: int, at: int, name: str | None) -> str:
    if name is None:
        return "no value of it differs, so the model's predictions are not repeatable"
    return f"its {name!r} is {frame[name].iloc[row]!r} in the table and {decoded[name].iloc[at]!r} decoded"


def _hint(dataset: Dataset, name: str | None) -> str:
    feature = next((feature for feature in dataset.encoding.features if feature.column == name), None)
    if feature is None or feature.categories is None:
        return ""
    return "; the dataset keeps only the most frequent categories, so group rare ones before training"


def _same(one: Any, other: Any) -> bool:
    return bool((pd.isna(one) and pd.isna(other)) or one == other)


def log_likelihood(predicted: FloatArray, dataset: Dataset, rows: IntArray) -> float:
    """Return the logarithm of how likely rows' targets are by a model's predictions.

    Parameters
    ----------
    predicted
        (n, K) probabilities, or (n, 1) values, whose errors are then taken as normally distributed.
    dataset, rows
        The table, and the (n,) positions of the rows.

    Returns
    -------
    float
        Up to a constant; minus infinity where the model has other classes.
    """
    if not len(rows):
        return 0.0
    target = dataset.target[rows]
    if dataset.class_names is None:
        error = float(np.sqrt(np.mean((predicted[:, 0] - target) ** 2)))
        least = LEAST * float(np.nanstd(dataset.target))
        return -len(rows) * math.log(max(error, least, np.finfo(np.float64).tiny))
    if predicted.shape[1] != len(dataset.class_names):
        return -math.inf
    shares = predicted[np.arange(len(rows)), target.astype(np.int64)]
    return float(np.log(np.maximum(shares, LEAST)).sum())


def clearly_better(one: float, other: float) -> bool:
    """Return whether one log-likelihood is larger than another by more than a few rows make it by chance."""
    return one - other > CLEARLY
