"""Choose between a loop that numba compiles and the same in numpy, which gives the same bits."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def compiled_or_numpy(module: str, name: str, in_numpy: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled function of a module of ``explain``, or the one in numpy where numba cannot serve.

    The module is imported here and not before: numba takes half a second to load.
    """
    try:
        compiled: Callable[..., Any] = getattr(import_module(f"sparklime_core.explain.{module}"), name)
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no folder to keep what it compiles
        return in_numpy
    return compiled
