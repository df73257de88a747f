"""The trial of a model file in a limited process, before this one opens it: audit, load, check, ask.

The module takes seconds to load, once in the process that limited ones are forked from.
"""

import io
from typing import IO, Any

import numpy as np
import skops.io

from sparklime_core.errors import ModelError
from sparklime_core.models.model_parts import check_parts, use_one_thread
from sparklime_core.models.model_schema import TRUSTED, foreign_types

MOST_SHOWN = 10


def list_foreign_types(_: IO[bytes], data: bytes, most_bytes: int) -> list[str]:
    """Return the types in a model file that are in no list of ours."""
    return list(foreign_types(data, most_bytes))


def try_estimator(_: IO[bytes], data: bytes, most_bytes: int, rows: Any) -> None:
    """Audit, load and check a model, and ask it about rows.

    Raises
    ------
    ModelError
        When it does not pass.
    """
    estimator = audited(data, most_bytes)
    asked = np.zeros((1, estimator.n_features_in_)) if rows is None else rows
    try:
        getattr(estimator, "predict_proba", estimator.predict)(asked)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"The model cannot predict: {reason(error)}.") from error


def audited(data: bytes, most_bytes: int) -> Any:
    """Return the model in a file, when it is made of trusted types and its parts fit.

    Raises
    ------
    ModelError
        When they are not, or do not.
    """
    foreign = foreign_types(data, most_bytes)
    if foreign:
        shown = ", ".join(foreign[:MOST_SHOWN]) + (" …" if len(foreign) > MOST_SHOWN else "")
        raise ModelError(f"The model holds types that are not trusted, so nothing of it was loaded: {shown}.")
    estimator = restore(data)
    if not hasattr(estimator, "n_features_in_") or not hasattr(estimator, "predict"):
        raise ModelError("The file holds no fitted scikit-learn model.")
    check_parts(estimator)
    return estimator


def restore(data: bytes) -> Any:
    """Return the model in a file that has passed `try_estimator`; no part of it uses threads.

    Raises
    ------
    ModelError
        When it was saved with other versions of scikit-learn or skops.
    """
    try:
        estimator = skops.io.load(io.BytesIO(data), trusted=list(TRUSTED))
    except MemoryError:
        raise
    except Exception as error:
        raise ModelError(
            "The model cannot be restored; save it with the versions of scikit-learn and skops that are installed "
            "here."
        ) from error
    use_one_thread(estimator)
    return estimator


def reason(error: Exception) -> str:
    """Return the message of an error of scikit-learn, short and on one line."""
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
