"""`StabilityTask`: explain rows from several pools of samples, to see how far the explanations agree.

A run with stability broadcasts such a task, and `explain.stability` measures with one here. The explanations stay
those of the run's own engine, to the last bit. Where that is ``sampled``, its pool is the first of those that are
compared, so that K pools cost K solves and not one more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.exact_engine import seconds_per_row
from sparklime_core.explain.explain_rows import prepare_engine, prepare_task
from sparklime_core.explain.kinds.model_kind import read_ensemble
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.products import matrices_at_once
from sparklime_core.explain.runtime import one_blas_thread, phase
from sparklime_core.explain.sampled.sampled_engine import SampledEngine
from sparklime_core.explain.schema import STABILITY_SCHEMA
from sparklime_core.explain.settings import MAX_SEED, ExplainSettings, RunSettings
from sparklime_core.explain.stability_metrics import TOP, PoolFits, feature_figures, pair_figures, sampling_error
from sparklime_core.explain.surrogate import Surrogates, standard_errors
from sparklime_core.explain.task import Engine, ExplainTask, all_or_each
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn

EXACT_SECONDS = 1e-3
"""The most seconds per row that the comparison with the engine ``exact`` may cost a run; else it is left out."""


@dataclass(frozen=True)
class MeasuredPairs:
    """Explanations of p (row, label) pairs of a block from several pools.

    Attributes
    ----------
    row, label
        (p,) position of the row in its block, and class index.
    fits
        The explanations of the p pairs.
    explained
        (p, k) features of the run's own explanations, padded with -1; None where no run explains the rows.
    """

    row: IntArray
    label: IntArray
    fits: PoolFits
    explained: IntArray | None = None


@dataclass(frozen=True)
class BlockPart:
    """Rows of a block that are explained together.

    Attributes
    ----------
    at
        (n,) positions of the rows in their block.
    rows, predictions, wanted
        As `Engine.solve` takes them.
    fit
        The run's own explanations; None where no run explains the rows.
    moments
        The moments that `fit` was made of; None where no pool made it.
    """

    at: IntArray
    rows: FloatArray
    predictions: FloatArray
    wanted: BoolArray
    fit: Surrogates | None = None
    moments: Moments | None = None

    def take(self, rows: IntArray) -> "BlockPart":
        """Return some of its rows."""
        if len(rows) == len(self.at):
            return self
        pairs = np.flatnonzero(np.isin(np.nonzero(self.wanted)[0], rows))
        return BlockPart(
            self.at[rows],
            self.rows[rows],
            self.predictions[rows],
            self.wanted[rows],
            None if self.fit is None else _pairs_of(self.fit, pairs),
            None if self.moments is None else self.moments.take(rows),
        )


@dataclass(frozen=True)
class StabilityTask(ExplainTask):
    """A task that also measures stability.

    Attributes
    ----------
    pools
        The engines that are compared; the first is the task's own where that is ``sampled``.
    truth
        The engine ``exact``, where the explanations are compared with it.
    every
        One row in so many is measured: those whose ids are its multiples.
    """

    pools: tuple[SampledEngine, ...]
    truth: Engine | None
    every: int = 1

    @property
    def row_seconds(self) -> float:
        """See `Engine.row_seconds`; with what one row costs that is measured, shared by `every`."""
        compared = [pool for pool in self.pools if pool is not self.engine]
        measured = sum(pool.row_seconds for pool in compared)
        if self.truth is not None and self.truth is not self.engine:
            measured += self.truth.row_seconds
        return self.engine.row_seconds + measured / self.every

    def explain_and_measure(
        self, rows: FloatArray, row_ids: IntArray
    ) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
        """Explain up to `BLOCK_ROWS` rows (n, d); return batches of the compact and of the stability schema."""
        measured: list[pa.RecordBatch] = []

        def solve_and_measure(
            at: IntArray, rows: FloatArray, predictions: FloatArray, wanted: BoolArray
        ) -> Surrogates:
            fit, moments = self._explain(rows, predictions, wanted)
            chosen = np.flatnonzero(row_ids[at] % self.every == 0)
            part = BlockPart(at, rows, predictions, wanted, fit, moments).take(chosen)
            # A row that cannot be measured still has its explanation, and no stability.
            self._measure_each(
                part, [None] * len(chosen), lambda pairs: measured.append(_stability_batch(row_ids, pairs))
            )
            return fit

        explained = self.explain_by(rows, row_ids, solve_and_measure)
        with phase("packing"):
            table = pa.Table.from_batches(measured, schema=STABILITY_SCHEMA)
            return explained, one_batch(table.sort_by([("row_id", "ascending"), ("label", "ascending")]))

    def measure_rows(self, rows: FloatArray) -> tuple[list[str | None], list[MeasuredPairs]]:
        """Measure up to `BLOCK_ROWS` rows (n, d); return also each row's error, or None."""
        with one_blas_thread():
            errors, predictions, wanted = self.examine(rows)
            measured: list[MeasuredPairs] = []
            part = BlockPart(np.arange(len(rows)), rows, predictions, wanted)
            self._measure_each(part, errors, measured.append)
            return errors, measured

    def measure(self, part: BlockPart) -> PoolFits:
        """Explain the wanted pairs of some rows from every pool."""
        block = (part.rows, part.predictions, part.wanted)
        fits: list[Surrogates] = []
        spreads: list[FloatArray] = []
        for pool in self.pools:
            if pool is self.engine and part.fit is not None and part.moments is not None:
                fit, moments = part.fit, part.moments
            else:
                moments = pool.moments(*block)
                fit = pool.fit(moments, part.wanted)
            fits.append(fit)
            spreads.append(standard_errors(moments, part.wanted, fit))
        truth = part.fit if self.truth is self.engine else None
        if truth is None and self.truth is not None:
            truth = self.truth.solve(*block)
        return PoolFits.of(fits, spreads, truth, part.rows.shape[1])

    def _explain(
        self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray
    ) -> tuple[Surrogates, Moments | None]:
        first = self.pools[0]
        if first is self.engine:
            return first.solve_keeping_moments(rows, predictions, wanted)
        return self.engine.solve(rows, predictions, wanted), None

    def _measure_each(
        self, part: BlockPart, errors: list[str | None], keep: Callable[[MeasuredPairs], None]
    ) -> None:
        """Measure rows at once; when that fails, row by row, with the errors of rows that cannot be measured."""

        def measure(rows: IntArray) -> None:
            some = part.take(rows)
            row, label = np.nonzero(some.wanted)
            explained = None if some.fit is None else some.fit.features
            keep(MeasuredPairs(some.at[row], label, self.measure(some), explained))

        all_or_each(measure, errors, matrices_at_once(part.rows.shape[1]))


def prepare_measured(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings, pools: int, every: int = 1
) -> ExplainTask:
    """Prepare a task as `prepare_task` does, and the pools of its stability; with 0 of them, a plain task.

    One row in `every` is measured.

    Raises
    ------
    SparkLimeError
        As `prepare_task`; and when stability cannot be measured from so many pools.
    """
    RunSettings(stability=pools)
    task = prepare_task(explainer, predict_fn, settings)
    return task if not pools else replace(with_pools(task, pools, _cheap_truth(task)), every=every)


def with_pools(task: ExplainTask, pools: int, truth: Engine | None) -> StabilityTask:
    """Draw pools of the seeds ``seed``, ``seed + 1`` and so on, for a task to measure with."""
    sampled = replace(task.settings, engine="sampled")
    seeds = [(task.settings.seed + pool) % (MAX_SEED + 1) for pool in range(pools)]
    engines = [
        task.engine
        if seed == task.settings.seed and isinstance(task.engine, SampledEngine)
        else SampledEngine.prepare(task.explainer, task.predict_fn, replace(sampled, seed=seed), profiled=False)
        for seed in seeds
    ]
    return StabilityTask(
        task.explainer, task.predict_fn, task.settings, task.engine, task.vocabulary, tuple(engines), truth
    )


def _cheap_truth(task: ExplainTask) -> Engine | None:
    """Return the engine ``exact`` for a task, where it serves the model and costs little per row."""
    if task.settings.engine == "exact":
        return task.engine
    try:
        ensemble = read_ensemble(task.predict_fn, task.explainer.mode)
        if seconds_per_row(ensemble, replace(task.settings, engine="exact")) > EXACT_SECONDS:
            return None
        return prepare_engine("exact", task)
    except EngineError:
        return None


def _pairs_of(fit: Surrogates, pairs: IntArray) -> Surrogates:
    return Surrogates(
        fit.features[pairs],
        fit.weights[pairs],
        fit.intercept[pairs],
        fit.score[pairs],
        fit.local_prediction[pairs],
    )


def _stability_batch(row_ids: IntArray, pairs: MeasuredPairs) -> pa.RecordBatch:
    """Return a batch of `STABILITY_SCHEMA`, of the features of the run's own explanations."""
    features = pairs.explained
    assert features is not None  # noqa: S101 - a run has explained the rows
    vsi, csi, jaccard = pair_figures(pairs.fits, TOP)
    figures = feature_figures(pairs.fits, TOP)
    there = features >= 0
    at = np.maximum(features, 0)
    offsets = pa.array(np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32))

    def listed(values: FloatArray) -> FloatArray:
        of_explanation: FloatArray = np.take_along_axis(values, at, axis=1)[there]
        return of_explanation

    lists = [
        _singles(listed(figures.std)),
        pa.array(np.rint(listed(figures.chosen) * len(pairs.fits.rank)).astype(np.int8)),
        _singles(listed(figures.exact)),
    ]
    columns = [pa.ListArray.from_arrays(offsets, values) for values in lists]
    if pairs.fits.exact is None:
        columns[-1] = pa.nulls(len(pairs.row), pa.list_(pa.float32()))
    return pa.record_batch(
        [
            pa.array(row_ids[pairs.row], pa.int64()),
            pa.array(pairs.label.astype(np.int32)),
            *map(_singles, [jaccard, vsi, csi, *sampling_error(pairs.fits)]),
            *columns,
        ],
        schema=STABILITY_SCHEMA,
    )


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table as one batch, which may be empty."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _singles(values: FloatArray) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))
