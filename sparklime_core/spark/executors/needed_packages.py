"""The packages that a pickled model needs, read from its bytes: whatever steps and functions it is made of."""

import importlib.metadata
import pickletools
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sparklime_core.spark.executors.self_report import NEEDED, spelled

BROUGHT = frozenset({"numpy", "scipy", "sklearn", "lime", "dill", "pyarrow", "pandas", "numba", "joblib"})
"""Modules of the packages that every executor needs, by the names that are imported."""

OWN = frozenset({"sparklime_core", "__main__"})
TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")
MEMOS = ("MEMOIZE", "BINPUT", "LONG_BINPUT")
RECALLS = ("BINGET", "LONG_BINGET")


def packages_in(data: bytes) -> tuple[str, ...]:
    """Return the packages that unpickling needs, besides those that explaining needs.

    Parameters
    ----------
    data
        What `pickle` or `dill` has made; nothing of it is executed.

    Returns
    -------
    tuple of str
        Names as they are installed here. A module that no installed package has is left out.
    """
    modules = {name.partition(".")[0] for name in _modules(data)}
    foreign = sorted(modules - BROUGHT - OWN - sys.stdlib_module_names)
    found = {spelled(one) for name in foreign for one in _distributions().get(name, ())[:1]}
    return tuple(sorted(found - set(NEEDED)))


@lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    """Return the installed packages that have each module; finding them out takes half a second."""
    return dict(importlib.metadata.packages_distributions())


def _modules(data: bytes) -> Iterator[str]:
    """Yield the modules that classes and functions are taken from.

    An opcode takes module and name from the top of the stack, where they were put as texts or from the memo.
    """
    memo: dict[Any, str | None] = {}
    top: tuple[str | None, str | None] = (None, None)
    for operation, argument, _ in pickletools.genops(data):
        kind = operation.name
        if kind in MEMOS:
            memo[len(memo) if argument is None else argument] = top[-1]
            continue
        if kind == "GLOBAL":
            yield str(argument).partition(" ")[0]
        if kind == "STACK_GLOBAL" and top[0] is not None:
            yield top[0]
        text = str(argument) if kind in TEXTS else None
        top = top[-1], memo.get(argument) if kind in RECALLS else text
