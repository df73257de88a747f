"""Loops that numba compiles; each has a twin in numpy that gives the same bits, for where numba cannot serve.

Modules of this package import numba, which takes half a second. They are imported when a loop is first needed.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


@cache
def compiled_or_numpy(module: str, name: str, in_numpy: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a module of this package, or its twin in numpy where numba cannot serve."""
    try:
        if import_module("numba").config.DISABLE_JIT:
            return in_numpy
        compiled: Callable[..., Any] = getattr(import_module(f"sparklime_core.explain.compiled.{module}"), name)
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no folder to keep what it compiles
        return in_numpy
    return compiled
