"""How local? One row explained at any kernel width: from the whole table to the row's own surroundings.

The engine ``exact`` serves any width, without compiling its tables again: what a split does to a row depends on
the width through two masses only, of all samples and of those in the row's own bin. Both are sums over what is
tabulated. A pool serves those widths at which enough of its samples count.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from sparklime_core.errors import DataError, EngineError, SettingsError
from sparklime_core.explain.exact.exact_engine import ExactEngine, Expected
from sparklime_core.explain.exact.expectations import expectations
from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.explainer_facts import seeded
from sparklime_core.explain.neighbourhood import Neighbourhood
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.rows import row_errors
from sparklime_core.explain.sampled.pool import UnbinnedPool
from sparklime_core.explain.sampled.sampled_engine import SampledEngine
from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.task import Engine, ExplainTask
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import codes_of

ENOUGH = 250
"""Effective samples from which on a pool says something: with so many, lime's weights are off by about a sixth of
the largest (``docs/benchmarks.md``)."""

NARROWEST, WIDEST = 1e-3, 1e3
"""Widths between which the narrowest one of a pool is looked for."""

HALVINGS = 40


@dataclass(frozen=True)
class LocalityDial:
    """One row at any kernel width.

    Attributes
    ----------
    task
        A prepared task of the engine ``exact`` or ``sampled``.
    row
        (d,) the row.

    Raises
    ------
    DataError
        When the row cannot be explained; the message says why.
    EngineError
        When the task's engine is another one.
    """

    task: ExplainTask
    row: FloatArray

    def __post_init__(self) -> None:
        if not isinstance(self.task.engine, (ExactEngine, SampledEngine)):
            raise EngineError("Only the engines 'exact' and 'sampled' explain a row at any kernel width.")
        error = row_errors(self.task.explainer, self.task.vocabulary, self.row[None])[0]
        if error is not None:
            raise DataError(error)

    @property
    def any_width(self) -> bool:
        """Whether every width can be asked for, however few samples would count."""
        return isinstance(self.task.engine, ExactEngine)

    def effective_size(self, width: float) -> float:
        """Return how many of the settings' samples count at a width (Kish's effective size)."""
        return (self.task.settings.num_samples - 1) * self._effective_share(_checked(width))

    @cached_property
    def narrowest(self) -> float:
        """The width below which fewer samples than `ENOUGH` count, so that no pool of this size serves it.

        Infinite where a pool of this size never has as many.
        """
        low, high = NARROWEST, WIDEST
        if self.effective_size(high) < ENOUGH:
            return float("inf")
        for _ in range(HALVINGS):
            middle = float(np.sqrt(low * high))
            low, high = (low, middle) if self.effective_size(middle) >= ENOUGH else (middle, high)
        return high

    def explain(self, width: float) -> pa.Table:
        """Explain the row at a kernel width.

        Returns
        -------
        pyarrow.Table
            Of `result_schema` with profiles: one row for each label of the task's settings. Scores are shares of
            the variance around the row at this width.

        Raises
        ------
        EngineError
            When the engine is ``sampled`` and too few of its samples count at this width.
        SettingsError
            When the width is no positive number.
        """
        engine = self._engine(_checked(width))
        task = replace(self.task, engine=engine, settings=replace(self.task.settings, profiles=True))
        found = task.explain(self.row[None], np.zeros(1, dtype=np.int64))
        return task.vocabulary.decode(pa.Table.from_batches([found]))

    def _engine(self, width: float) -> Engine:
        if self._walk is not None:
            return self._walk.at_width(width)
        size = self.effective_size(width)
        if size < ENOUGH:
            raise EngineError(
                f"At the kernel width {width:.3g} only {size:.0f} of {self.task.settings.num_samples:,} samples "
                f"count, and at least {ENOUGH} must; take a wider kernel or more samples."
            )
        assert isinstance(self.task.engine, SampledEngine)  # noqa: S101 - checked when it is made
        return self.task.engine.at_width(width)

    @cached_property
    def _walk(self) -> "RowWalk | None":
        engine = self.task.engine
        if not isinstance(engine, ExactEngine):
            return None
        own = engine.neighbourhood.own_bins(codes_of(self.task.explainer, self.row[None]))[0]
        listing = replace(engine, settings=replace(engine.settings, profiles=True))
        return RowWalk.of(listing, self.task.predict_fn, own)

    @cached_property
    def _neighbourhood(self) -> Neighbourhood | None:
        engine = self.task.engine
        if isinstance(engine, ExactEngine):
            return engine.neighbourhood
        profiler = engine.profiler if isinstance(engine, SampledEngine) else None
        return None if profiler is None else profiler.neighbourhood

    def _effective_share(self, width: float) -> float:
        if self._neighbourhood is not None:
            around = self._neighbourhood.at_width(width)
            return float(around.effective_share(around.own_bins(codes_of(self.task.explainer, self.row[None])))[0])
        engine = self.task.engine
        assert isinstance(engine, SampledEngine)  # noqa: S101 - checked when it is made
        pool = engine.at_width(width).pool
        assert isinstance(pool, UnbinnedPool)  # noqa: S101 - the other kind has a neighbourhood
        return float(pool.effective_share(self.row[None])[0])


def _checked(width: float) -> float:
    if not 0 < width < float("inf"):
        raise SettingsError(f"The kernel width must be a positive number, not {width}.")
    return float(width)


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
    own: FloatArray
    own_inside: FloatArray
    own_below: FloatArray

    def at(self, rho: float, sizes: IntArray) -> Block:
        """Return the block at another width, with the row's numbers for every code."""
        everything = rho + (1.0 - rho) * self.own
        mass = rho * self.inside + (1.0 - rho) * self.own_inside
        left = rho * self.below + (1.0 - rho) * self.own_below
        reached = np.where(mass > 0, mass, 1.0)
        share = np.where(self.several, np.minimum(left / reached, 1.0), self.share)
        inverse = np.where(self.block.base >= 0, 1.0, everything / reached)
        codes = sizes[self.block.feature]
        return replace(self.block, share=np.repeat(share, codes), inverse=np.repeat(inverse, codes))


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
        trees = replace(self.engine.trees, blocks=blocks, rho=around.rho)
        return RowEngine(replace(self.engine, trees=trees, neighbourhood=around), self.predict_fn, self.own)


@dataclass(frozen=True)
class RowEngine:
    """The engine ``exact`` for the one row that its trees were tabulated for."""

    engine: ExactEngine
    predict_fn: PredictFn
    own: IntArray

    @property
    def row_seconds(self) -> float:
        """See `Engine.row_seconds`."""
        return self.engine.row_seconds

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates of that row. See `Engine.solve`."""
        found = expectations(self.engine.trees, self.own[None], wanted, listed=True)
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

    whole, shifted = block.base >= 0, np.maximum(block.base, 0)
    of_own = trees.frequency[own][block.feature]
    return _Masses(
        block,
        counts > 0,
        block.share[block.start + (own - trees.starts[:-1])[block.feature]],
        np.where(whole, 1.0, total(block.inside, frequency)),
        total(block.below, frequency) + shifted,
        of_own,
        np.where(whole, of_own, total(block.inside, frequency * is_own)),
        total(block.below, frequency * is_own) + shifted * of_own,
    )
