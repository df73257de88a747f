"""The engine ``exact`` for one row at any kernel width, without compiling its tables again.

What a split does to a row depends on the width through two masses only: of all samples, and of those in the row's
own bin. Both are sums over what is tabulated.
"""

from dataclasses import dataclass, replace

import numpy as np

from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.exact.exact_engine import ExactEngine, Expected
from sparklime_core.explain.exact.expectations import expectations
from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.profiles.neighbourhood import Neighbourhood
from sparklime_core.explain.seeded import seeded
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray, PredictFn

VARIANCE_SAMPLES = 1000
"""Drawn from the row's own neighbourhood for the variance of the predictions, which scores are shares of."""


@dataclass(frozen=True)
class _Masses:
    """Frequencies, of all samples and of those in the own bin, at splits whose interval reaches into several bins.

    The other splits, which ``share`` (n,) is for, turn the same share of a row's samples left at any width.
    """

    block: Block
    several: BoolArray
    share: FloatArray
    inside: FloatArray
    below: FloatArray
    own_inside: FloatArray
    own_below: FloatArray

    def at(self, rho: float, sizes: IntArray) -> Block:
        """Return the block at another width, with the row's numbers for whatever code there is."""
        mass = rho * self.inside + (1.0 - rho) * self.own_inside
        left = rho * self.below + (1.0 - rho) * self.own_below
        reached = np.where(mass > 0, mass, 1.0)
        share = np.where(self.several, np.minimum(left / reached, 1.0), self.share)
        codes = sizes[self.block.feature]
        return replace(self.block, share=np.repeat(share, codes), inverse=np.repeat(1.0 / reached, codes))


@dataclass(frozen=True)
class RowWalk:
    """An engine that explains one row at a width of one's own.

    Attributes
    ----------
    engine, predict_fn
        What serves all rows at the width of the explainer.
    own
        (d,) the row's bins.
    masses
        Of each block.
    """

    engine: ExactEngine
    predict_fn: PredictFn
    own: IntArray
    masses: tuple[_Masses, ...]

    @classmethod
    def of(cls, engine: ExactEngine, predict_fn: PredictFn, own: IntArray) -> "RowWalk":
        """Prepare for a row with these bins (d,)."""
        masses = tuple(_masses(block, engine.trees, own) for block in engine.trees.blocks)
        return cls(engine, predict_fn, own, masses)

    def at_width(self, width: float) -> "RowEngine":
        """Return the engine of a kernel width."""
        around = self.engine.neighbourhood.at_width(width)
        assert around.rho is not None  # noqa: S101 - that kernel is a product
        sizes = np.diff(self.engine.trees.starts)
        blocks = tuple(masses.at(around.rho, sizes) for masses in self.masses)
        trees = replace(self.engine.trees, blocks=blocks)
        return RowEngine(replace(self.engine, trees=trees, neighbourhood=around), self.predict_fn, self.own)


@dataclass(frozen=True)
class RowEngine:
    """The engine ``exact`` for the one row that its trees were tabulated for."""

    engine: ExactEngine
    predict_fn: PredictFn
    own: IntArray

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates of that row. See `Engine.solve`."""
        found = expectations(self.engine.trees, self.own[None], wanted)
        drawn = draw_around(self.engine, self.own, VARIANCE_SAMPLES)
        values = predict_columns(self.predict_fn, drawn, self.engine.explainer.mode)
        variance = ((values - found.mean) ** 2).mean(axis=0)[None]
        expected = Expected(self.own[None], np.zeros(1, dtype=np.int64), found, variance)
        return self.engine.surrogates(expected, predictions, wanted)


def draw_around(engine: ExactEngine, own: IntArray, size: int) -> FloatArray:
    """Draw samples (size, d) as the kernel weights them, so that all count the same."""
    around: Neighbourhood = engine.neighbourhood
    twin = seeded(engine.explainer, engine.settings.seed)
    features = np.arange(len(own))[None]
    entries = around.entries(features, own[None])
    codes = np.empty((size, len(own)))
    for feature in features[0]:
        here = entries.feature == feature
        share = entries.share[here]
        codes[:, feature] = twin.random_state.choice(entries.code[here], size=size, p=share / share.sum())
    drawn: FloatArray = twin.discretizer.undiscretize(codes)
    return drawn


def _masses(block: Block, trees: Trees, own: IntArray) -> _Masses:
    size = len(block.feature)
    counts = np.diff(block.first)
    split = np.repeat(np.arange(size), counts)
    frequency = trees.frequency[block.bin]
    is_own = own[block.feature][split] == block.bin

    def total(part: FloatArray, weight: FloatArray) -> FloatArray:
        sums: FloatArray = np.bincount(split, weights=part * weight, minlength=size).astype(np.float64)
        return sums

    code = (own - trees.starts[:-1])[block.feature]
    return _Masses(
        block,
        counts > 0,
        block.share[block.start + code],
        total(block.inside, frequency),
        total(block.below, frequency),
        total(block.inside, frequency * is_own),
        total(block.below, frequency * is_own),
    )
