"""Call a predict function and check what it returns, so that what is wrong with it is said in one sentence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.errors import ModelError, PredictionError, raised_as
from sparklime_core.explain.fast_forest import fast_forest_predict
from sparklime_core.explain.kinds.model_kind import Margin, predict_name
from sparklime_core.explain.kinds.registry import kind_of
from sparklime_core.explain.phase_timer import phase
from sparklime_core.explain.settings import OutputName
from sparklime_core.explain.types import FloatArray, PredictFn

SUM_TOLERANCE = 1e-3
"""How far from one a row of probabilities may sum: wide enough for float32 models."""


def resolve_predict(model: Any, mode: str, output: OutputName = "probability") -> PredictFn:
    """Return what lime takes; an estimator or a `Model` stands for its own function of the wanted output.

    Raises
    ------
    PredictionError
        When the model is neither a function nor such an estimator.
    ModelError
        When its margin is wanted, and it has none.
    """
    if isinstance(model, type):
        raise PredictionError(f"The model is the class {model.__name__}; give a fitted instance.")
    if output == "margin":
        return _margin(model, mode)
    name = predict_name(mode)
    found = model if callable(model) else getattr(model, name, None)
    if found is None:
        kind = kind_of(model)
        found = getattr(model, "predict_fn", None) if kind is None else kind.predict_fn(mode)
    if not callable(found):
        raise PredictionError(
            f"In {mode} lime needs a predict function or an estimator with {name}, not {type(model).__name__}."
        )
    function: PredictFn = found
    return function


def _margin(model: Any, mode: str) -> Margin:
    """Return the margin of a model, of an estimator, or of the one that a function is bound to."""
    model = getattr(model, "predict_fn", model)
    model = getattr(model, "__self__", model)
    kind = kind_of(model)
    if kind is None:
        name = getattr(model, "__qualname__", type(model).__name__)
        raise ModelError(f"{name} has no margin that is known here; use output='probability'.")
    kind.check_margin(mode)
    return Margin(kind, mode)


def predict_columns(predict_fn: PredictFn, rows: FloatArray, mode: str) -> FloatArray:
    """Return predictions as (n, K): class probabilities or margins, or one column of values in regression.

    The same bits as `checked_call`, and sooner where the model is a forest.
    """
    return checked_call(fast_forest_predict(predict_fn), rows, mode)


def checked_call(predict_fn: PredictFn, rows: FloatArray, mode: str) -> FloatArray:
    """Call a predict function; return its predictions as (n, K).

    Parameters
    ----------
    predict_fn
        What lime takes. Whatever numpy makes an array of numbers of may be returned: lists and tables, too.
    rows
        (n, d) floats; the function gets a copy.
    mode
        lime's ``"classification"`` or ``"regression"``.

    Raises
    ------
    PredictionError
        When the function fails, or returns the wrong shape, what is no finite number, or no probabilities.
    """
    with phase("model"):
        returned = _numbers(predict_fn, rows)
    if mode == "regression" and returned.ndim == 2 and returned.shape[1] == 1:
        returned = returned[:, 0]
    if returned.ndim != (1 if mode == "regression" else 2) or len(returned) != len(rows):
        wanted = "one value a row" if mode == "regression" else "one probability a class for each row"
        raise PredictionError(
            f"The predict function returned an array of shape {returned.shape} for {len(rows)} rows; "
            f"in {mode} lime needs {wanted}."
        )
    finite = np.isfinite(returned.reshape(len(rows), -1)).all(axis=1)
    if not finite.all():
        raise PredictionError(
            f"The predict function returned a value that is not a finite number, first for row "
            f"{int(np.flatnonzero(~finite)[0])}."
        )
    if mode == "regression":
        return returned[:, None]
    if not isinstance(predict_fn, Margin):
        _check_sums(returned)
    return returned


def _numbers(predict_fn: Callable[[FloatArray], Any], rows: FloatArray) -> FloatArray:
    """Return what a predict function returns, as an array of its own: it may reuse its input and its output."""
    with raised_as(PredictionError, f"The predict function failed on {len(rows)} rows"):
        returned = predict_fn(rows.copy())
    with raised_as(PredictionError, f"The predict function returned a {type(returned).__name__} and no numbers"):
        found: npt.NDArray[Any] = np.asarray(returned)
        if np.ma.isMaskedArray(returned):
            found = np.ma.filled(returned.astype(np.float64), np.nan)
        texts = found.dtype.kind == "O" and any(isinstance(value, (str, bytes)) for value in found.flat)
        if texts or found.dtype.kind not in "biufO":
            raise TypeError("texts" if texts else f"an array of {found.dtype}")
        return np.array(found, dtype=np.float64)


def _check_sums(probabilities: FloatArray) -> None:
    distance = np.abs(probabilities.sum(axis=1) - 1)
    if not (distance > SUM_TOLERANCE).any():
        return
    bad = int(np.argmax(distance))
    raise PredictionError(
        f"The predict function returned probabilities that sum to {probabilities[bad].sum():.4g} and not to 1, "
        f"for row {bad}; give one that returns class probabilities."
    )
