"""Check arguments as people pass them: scalars of Python, of numpy and of pandas, and what is none."""

import math
import operator
from typing import Any

from sparklime_core.errors import SettingsError, SparkLimeError


def whole_number(
    name: str, value: Any, low: int, high: int | None = None, error: type[SparkLimeError] = SettingsError
) -> int:
    """Return a whole number within bounds as Python's own; 3.0 and True are none.

    Raises
    ------
    SparkLimeError
        Of the given class, when it is none or outside of the bounds.
    """
    value = _pythons_own(value)
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise error(f"{name} must be a whole number, not {value!r}.")
    if number < low or (high is not None and number > high):
        limit = f"at least {low}" if high is None else f"between {low} and {high}"
        raise error(f"{name} must be {limit}, not {number}.")
    return number


def real_number(name: str, value: Any) -> float:
    """Return a finite number as Python's own; raise `SettingsError` for anything else."""
    number = _pythons_own(value)
    if not isinstance(number, (int, float)) or isinstance(number, bool) or not math.isfinite(number):
        raise SettingsError(f"{name} must be a number, not {value!r}.")
    return float(number)


def flag(name: str, value: Any) -> bool:
    """Return a flag as Python's own; raise `SettingsError` for anything but True and False."""
    truth = _pythons_own(value)
    if not isinstance(truth, bool):
        raise SettingsError(f"{name} must be True or False, not {value!r}.")
    return truth


def choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return one of the choices; raise `SettingsError` for anything else."""
    if not isinstance(value, str) or value not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return str(value)


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Return several texts; raise `SettingsError` for anything else, also for a single one."""
    known = not isinstance(value, (str, bytes)) and hasattr(value, "__iter__")
    found = tuple(value) if known else ()
    if not known or not all(isinstance(text, str) for text in found):
        raise SettingsError(f"{name} must be a sequence of texts, not {value!r}.")
    return tuple(map(str, found))


def _pythons_own(value: Any) -> Any:
    """Return a scalar of numpy as Python's own, anything else as it is."""
    # Without importing numpy, for which ``--help`` would wait.
    is_numpys = type(value).__module__ == "numpy" and type(value).__name__ != "ndarray"
    return value.item() if is_numpys else value
