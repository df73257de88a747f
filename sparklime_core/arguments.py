"""Check arguments as people pass them: scalars of Python, of numpy and of pandas, and what is none."""

import operator
from typing import Any

import numpy as np

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
    known = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not known or not np.isfinite(value):
        raise SettingsError(f"{name} must be a number, not {value!r}.")
    return float(value)


def flag(name: str, value: Any) -> bool:
    """Return a flag as Python's own; raise `SettingsError` for anything but True and False."""
    if not isinstance(value, (bool, np.bool_)):
        raise SettingsError(f"{name} must be True or False, not {value!r}.")
    return bool(value)


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
