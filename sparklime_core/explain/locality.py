"""How local? One row explained at any kernel width: from the whole table to the row's own surroundings.

The engine ``exact`` serves any width. A pool serves those at which enough of its samples count.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from sparklime_core.errors import DataError, EngineError, SettingsError
from sparklime_core.explain.engine import Engine
from sparklime_core.explain.exact.exact_engine import ExactEngine
from sparklime_core.explain.exact.row_walk import RowWalk
from sparklime_core.explain.profiles.neighbourhood import Neighbourhood
from sparklime_core.explain.row_errors import row_errors
from sparklime_core.explain.sampled_engine import SampledEngine
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray
from sparklime_core.explain.unbinned_pool import UnbinnedPool
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
        assert isinstance(self.task.engine, SampledEngine)  # noqa: S101 - checked at birth
        return self.task.engine.at_width(width)

    @cached_property
    def _walk(self) -> RowWalk | None:
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
        assert isinstance(engine, SampledEngine)  # noqa: S101 - checked at birth
        pool = engine.at_width(width).pool
        assert isinstance(pool, UnbinnedPool)  # noqa: S101 - the other kind has a neighbourhood
        return float(pool.effective_share(self.row[None])[0])


def _checked(width: float) -> float:
    if not 0 < width < float("inf"):
        raise SettingsError(f"The kernel width must be a positive number, not {width}.")
    return float(width)
