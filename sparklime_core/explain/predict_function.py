"""Call a predict function and check what it returns, so that what is wrong with it is said in one sentence."""

from typing import Any

import numpy as np

from sparklime_core.errors import PredictionError
from sparklime_core.explain.fast_forest import fast_forest_predict
from sparklime_core.explain.phase_timer import phase
from sparklime_core.explain.types import FloatArray, PredictFn

SUM_TOLERANCE = 1e-3
"""How far from one a row of probabilities may sum: wide enough for float32 models."""


def resolve_predict(model: Any, mode: str) -> PredictFn:
    """Return what lime takes; an estimator stands for its ``predict_proba`` (``predict`` in regression).

    Raises
    ------
    PredictionError
        When the model is neither a function nor such an estimator.
    """
    name = "predict" if mode == "regression" else "predict_proba"
    function: PredictFn | None = model if callable(model) else getattr(model, name, None)
    if function is None:
        raise PredictionError(
            f"In {mode} lime needs a predict function or an estimator with {name}, not {type(model).__name__}."
        )
    return function


def predict_columns(predict_fn: PredictFn, rows: FloatArray, mode: str) -> FloatArray:
    """Return predictions as (n, K): class probabilities, or one column of values in regression.

    Parameters
    ----------
    predict_fn
        What lime takes.
    rows
        (n, d) floats.
    mode
        lime's ``"classification"`` or ``"regression"``.

    Raises
    ------
    PredictionError
        When the result has the wrong shape, is not finite, or holds rows that are no probabilities.
    """
    try:
        with phase("model"):
            returned = np.asarray(fast_forest_predict(predict_fn)(rows), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise PredictionError(f"The predict function failed on {len(rows)} rows: {_first_line(error)}.") from error
    wanted = "one value a row" if mode == "regression" else "one probability a class for each row"
    if mode == "regression" and returned.ndim == 2 and returned.shape[1] == 1:
        returned = returned[:, 0]
    if returned.ndim != (1 if mode == "regression" else 2) or len(returned) != len(rows):
        raise PredictionError(
            f"The predict function returned an array of shape {returned.shape} for {len(rows)} rows; "
            f"in {mode} lime needs {wanted}."
        )
    if not np.isfinite(returned).all():
        bad = int(np.flatnonzero(~np.isfinite(returned.reshape(len(rows), -1)).all(axis=1))[0])
        raise PredictionError(
            f"The predict function returned a value that is not a finite number, first for row {bad}."
        )
    if mode == "regression":
        return returned[:, None]
    sums = returned.sum(axis=1)
    if len(sums) and (np.abs(sums - 1) > SUM_TOLERANCE).any():
        bad = int(np.argmax(np.abs(sums - 1)))
        raise PredictionError(
            f"The predict function returned probabilities that sum to {sums[bad]:.4g} and not to 1, "
            f"for row {bad}; give one that returns class probabilities."
        )
    return returned


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
