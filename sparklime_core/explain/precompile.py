"""``python -m sparklime_core.explain.precompile``: compile before somebody waits for it."""

from importlib import import_module

import numpy as np

from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.exact.variance import Spread
from sparklime_core.explain.exact.walk import walk
from sparklime_core.explain.profiles.sums import SumsQuery, residual_sums
from sparklime_core.explain.sums import weighted_sums

COMPILED = {
    "exact.variance_numba": ("_fill",),
    "exact.walk_numba": ("_walk",),
    "sums_numba": ("fill_sums", "fill_residual_sums"),
}
"""The functions that `compile_ahead` compiles, by their modules."""


def is_compiled() -> bool:
    """Return whether nothing is left to compile: there is all of it, or no numba."""
    try:
        modules = {name: import_module(f"sparklime_core.explain.{name}") for name in COMPILED}
        kept = import_module("sparklime_core.explain.numba_cache").is_kept
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no folder to keep what it compiles
        return True
    return all(kept(getattr(modules[name], function)) for name in COMPILED for function in COMPILED[name])


def compile_ahead() -> None:
    """Compile what the engines use, or find that it is compiled."""
    few, none = np.zeros((1, 1), dtype=np.uint8), np.zeros((1, 1), dtype=np.int64)
    pool = Spread(few, np.zeros((1, 2, 1), dtype=np.int64), np.ones((1, 2)), np.ones(2))
    pool.variance(none, np.ones((1, 1), dtype=np.bool_))
    weighted_sums(few, few, np.ones((2, 2)), np.ones((1, 1)), np.ones((1, 1), dtype=np.bool_))
    residual_sums(few, np.ones((2, 2)), np.ones((1, 1)), SumsQuery(few, none[0], none, none, none + 1))
    stump = Trees((_stump(),), np.zeros(1), np.array([0, 1]), np.ones(1))
    walk(stump, none, none, none, np.zeros(1), np.zeros((1, 1)))


def _stump() -> Block:
    """Return a tree of one split on one feature that has one bin."""
    zero = np.zeros(1, dtype=np.int64)
    return Block(
        by_level=zero,
        levels=np.array([0, 1]),
        feature=zero,
        left=zero - 2,
        right=zero - 1,
        value=np.zeros((2, 1)),
        start=zero,
        share=np.ones(1),
        inverse=np.ones(1),
        first=np.array([0, 1]),
        bin=np.zeros(1, dtype=np.int32),
        inside=np.ones(1),
        below=np.ones(1),
    )


if __name__ == "__main__":
    compile_ahead()
