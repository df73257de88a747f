"""``python -m sparklime_core.explain.precompile``: compile the engines' loops before a person waits for them."""

from importlib import import_module

import numpy as np

from sparklime_core.explain.exact.expectations import Found, Spread, walk
from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.products import FullProducts
from sparklime_core.explain.sampled.binned_pool import bit_planes, weighted_sums
from sparklime_core.explain.sampled.pool_profiles import residual_sums

COMPILED = {
    "agreement_sums": ("fill_variance_sums",),
    "bin_effects": ("fill_effects",),
    "pool_sums": ("fill_sums",),
    "residual_sums": ("fill_residual_sums",),
    "ridges": ("fill_ridges", "fill_ridges_of_some"),
    "tree_walks": ("_walk",),
}
"""The functions that `compile_ahead` compiles, by their modules in ``compiled/``."""


def is_compiled() -> bool:
    """Return whether nothing is left to compile: all is compiled, or numba is missing."""
    try:
        modules = {name: import_module(f"sparklime_core.explain.compiled.{name}") for name in COMPILED}
        kept = import_module("sparklime_core.explain.compiled.cache").is_kept
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no folder to keep what it compiles
        return True
    return all(kept(getattr(modules[name], function)) for name in COMPILED for function in COMPILED[name])


def compile_ahead() -> None:
    """Compile the engines' loops, or load them where they are compiled already."""
    code, zero, one = np.zeros((1, 1), dtype=np.uint8), np.zeros(1, dtype=np.int64), np.ones(1)
    none, true = zero[None], np.ones((1, 1), dtype=np.bool_)
    Spread(code, np.zeros((1, 2, 1), dtype=np.int64), np.ones((1, 2)), np.ones(2)).variance(none, true)
    products = FullProducts.of(np.ones((1, 1, 1)))
    products.ridge(1.0, np.ones((1, 1, 1)), zero, zero)
    products.ridge_of_some(1.0, np.ones((1, 1)), zero, none, true)
    planes = bit_planes(code)
    weighted_sums(code, planes, code, np.ones((2, 2)), np.ones((1, 1)), true)
    residual_sums(code, planes, zero + 1, np.ones((2, 2)), np.ones((1, 1)), code, zero, none)
    stump = Block(  # one split on one feature that has one bin
        by_level=zero,
        levels=np.array([0, 1]),
        feature=zero,
        left=zero - 2,
        right=zero - 1,
        value=np.zeros((2, 1)),
        start=zero,
        share=one,
        inverse=one,
        base=np.zeros(1, dtype=np.int8),
        first=np.array([0, 1]),
        bin=np.zeros(1, dtype=np.int32),
        inside=one,
        below=one,
    )
    trees = Trees((stump,), np.zeros(1), np.array([0, 1]), one, rho=1.0)
    walk(trees, none, none, none, Found.empty(1, 1, 1, listed=True))


if __name__ == "__main__":
    compile_ahead()
