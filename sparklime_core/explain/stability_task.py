"""Explain a block and measure its stability in one go: what executors do in a run with ``stability``.

The explanations are those of the run's own engine, to the last bit. Where that is ``sampled``, its pool is the
first of those that are compared, so that K pools cost K solves and not one more.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from sparklime_core.errors import EngineError
from sparklime_core.explain.engine import Engine, Surrogates
from sparklime_core.explain.exact.cost import row_seconds
from sparklime_core.explain.exact.ensemble import read_ensemble
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.phase_timer import phase
from sparklime_core.explain.prepare_task import ENGINES, prepare_task
from sparklime_core.explain.sampled_engine import SampledEngine
from sparklime_core.explain.schema import STABILITY_SCHEMA
from sparklime_core.explain.settings import MAX_SEED, ExplainSettings, check_pools
from sparklime_core.explain.stability_metrics import (
    FeatureFigures,
    PoolFits,
    feature_figures,
    pair_figures,
    sampling_error,
)
from sparklime_core.explain.surrogate import standard_errors
from sparklime_core.explain.task import ExplainTask, all_or_each
from sparklime_core.explain.threads import one_blas_thread
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn

TOP = 5
"""How many of the first features of an explanation the Jaccard index looks at."""

EXACT_SECONDS = 1e-3
"""What the comparison with the engine ``exact`` may cost a row; where it would cost more it is left out."""


@dataclass(frozen=True)
class MeasuredTask(ExplainTask):
    """A task that also measures stability.

    Attributes
    ----------
    pools
        The engines that are compared; the first is the task's own where that is ``sampled``.
    truth
        The engine ``exact``, where it serves and costs little.
    """

    pools: tuple[SampledEngine, ...]
    truth: Engine | None

    def explain_and_measure(
        self, rows: FloatArray, row_ids: IntArray
    ) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
        """Explain up to `BLOCK_ROWS` rows (n, d); return batches of the compact and of the stability schema."""
        pieces: list[_Piece] = []

        def solve(at: IntArray, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
            pieces.append(self._explain_piece(at, rows, predictions, wanted))
            return pieces[-1].fit

        explained = self.explain_by(rows, row_ids, solve)
        with one_blas_thread(), phase("algebra"):
            parts = [part for piece in pieces for part in self._measured(piece)]
        with phase("packing"):
            return explained, _pack(row_ids, parts)

    def _explain_piece(
        self, at: IntArray, rows: FloatArray, predictions: FloatArray, wanted: BoolArray
    ) -> "_Piece":
        first = self.pools[0]
        if first is not self.engine:
            return _Piece(at, rows, predictions, wanted, self.engine.solve(rows, predictions, wanted), None)
        fit, moments = first.solve_keeping_moments(rows, predictions, wanted)
        return _Piece(at, rows, predictions, wanted, fit, moments)

    def _measured(self, piece: "_Piece") -> "list[_Part]":
        """Measure a piece at once; when that fails, row by row, without the rows that cannot be measured."""
        parts: list[_Part] = []
        all_or_each(lambda at: parts.append(self._measure(piece.take(at))), [None] * len(piece.at))
        return parts

    def _measure(self, piece: "_Piece") -> "_Part":
        block = (piece.rows, piece.predictions, piece.wanted)
        fits: list[Surrogates] = []
        spreads: list[FloatArray] = []
        for pool in self.pools:
            own = piece.moments if pool is self.engine else None
            moments = own or pool.moments(*block)
            fits.append(piece.fit if own else pool.fit(moments, piece.wanted))
            spreads.append(standard_errors(moments, piece.wanted, fits[-1]))
        truth = None
        if self.truth is not None:
            truth = piece.fit if self.truth is self.engine else self.truth.solve(*block)
        runs = PoolFits.of(fits, spreads, truth, piece.rows.shape[1])
        row, label = np.nonzero(piece.wanted)
        return _Part(piece.at[row], label, piece.fit.features, runs, feature_figures(runs, TOP))


def prepare_measured(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings, pools: int
) -> ExplainTask:
    """Prepare a task as `prepare_task` does, and the pools of its stability; with 0 of them, a plain task.

    Raises
    ------
    SparkLimeError
        As `prepare_task`; and when stability cannot be measured from so many pools.
    """
    check_pools(pools)
    task = prepare_task(explainer, predict_fn, settings)
    if not pools:
        return task
    sampled = replace(task.settings, engine="sampled")
    seeds = [(settings.seed + pool) % (MAX_SEED + 1) for pool in range(pools)]
    engines = [
        task.engine
        if seed == settings.seed and isinstance(task.engine, SampledEngine)
        else SampledEngine.prepare(explainer, task.predict_fn, replace(sampled, seed=seed), profiled=False)
        for seed in seeds
    ]
    return MeasuredTask(
        task.explainer,
        task.predict_fn,
        task.settings,
        task.engine,
        task.vocabulary,
        tuple(engines),
        _truth(task),
    )


def _truth(task: ExplainTask) -> Engine | None:
    """Return the engine ``exact`` for a task, where it serves its model and costs little a row."""
    if task.settings.engine == "exact":
        return task.engine
    settings = replace(task.settings, engine="exact")
    try:
        if row_seconds(read_ensemble(task.predict_fn, task.explainer.mode), settings) > EXACT_SECONDS:
            return None
        return ENGINES["exact"].prepare(task.explainer, task.predict_fn, settings)
    except EngineError:
        return None


@dataclass(frozen=True)
class _Piece:
    """Rows of a block that were explained together, and their moments where a pool explained them."""

    at: IntArray
    rows: FloatArray
    predictions: FloatArray
    wanted: BoolArray
    fit: Surrogates
    moments: Moments | None

    def take(self, rows: IntArray) -> "_Piece":
        """Return some of its rows."""
        if len(rows) == len(self.at):
            return self
        pairs = np.flatnonzero(np.isin(np.nonzero(self.wanted)[0], rows))
        return _Piece(
            self.at[rows],
            self.rows[rows],
            self.predictions[rows],
            self.wanted[rows],
            _pairs_of(self.fit, pairs),
            None if self.moments is None else self.moments.take(rows),
        )


@dataclass(frozen=True)
class _Part:
    """What was measured of p (row, label) pairs; ``features`` (p, k) are those of their explanations."""

    row: IntArray
    label: IntArray
    features: IntArray
    runs: PoolFits
    figures: FeatureFigures


def _pairs_of(fit: Surrogates, pairs: IntArray) -> Surrogates:
    return Surrogates(
        fit.features[pairs],
        fit.weights[pairs],
        fit.intercept[pairs],
        fit.score[pairs],
        fit.local_prediction[pairs],
    )


def _pack(row_ids: IntArray, parts: list[_Part]) -> pa.RecordBatch:
    table = pa.Table.from_batches([_batch(row_ids, part) for part in parts], schema=STABILITY_SCHEMA)
    ordered = table.sort_by([("row_id", "ascending"), ("label", "ascending")]).combine_chunks().to_batches()
    return ordered[0] if ordered else pa.RecordBatch.from_pylist([], schema=STABILITY_SCHEMA)


def _batch(row_ids: IntArray, part: _Part) -> pa.RecordBatch:
    vsi, csi, jaccard = pair_figures(part.runs, TOP)
    figures = [jaccard, vsi, csi, *sampling_error(part.runs)]
    there = part.features >= 0
    at = np.maximum(part.features, 0)
    offsets = pa.array(np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32))

    def listed(values: FloatArray) -> FloatArray:
        found: FloatArray = np.take_along_axis(values, at, axis=1)[there]
        return found

    lists = [
        _numbers(listed(part.figures.std)),
        pa.array(np.rint(listed(part.figures.chosen) * len(part.runs.rank)).astype(np.int8)),
        _numbers(listed(part.figures.exact)),
    ]
    columns = [pa.ListArray.from_arrays(offsets, values) for values in lists]
    if part.runs.exact is None:
        columns[-1] = pa.nulls(len(part.row), pa.list_(pa.float32()))
    return pa.record_batch(
        [
            pa.array(row_ids[part.row], pa.int64()),
            pa.array(part.label.astype(np.int32)),
            *map(_numbers, figures),
            *columns,
        ],
        schema=STABILITY_SCHEMA,
    )


def _numbers(values: FloatArray) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))
