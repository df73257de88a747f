"""How far to trust an explanation: the same rows explained from several pools, and how much the answers differ.

Pools of different seeds share the model's predictions of the rows, and each costs one solve a row: what takes lime
minutes a row takes milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from sparklime_core.arguments import flag, whole_number
from sparklime_core.errors import EngineError, raised_as
from sparklime_core.explain.engine import Engine
from sparklime_core.explain.explain_rows import blocks
from sparklime_core.explain.prepare_task import ENGINES, prepare_task
from sparklime_core.explain.row_table import as_rows
from sparklime_core.explain.sampled_engine import SampledEngine
from sparklime_core.explain.settings import MAX_SEED, ExplainSettings, OutputName
from sparklime_core.explain.stability_metrics import PoolFits, feature_figures, pair_figures, sampling_error
from sparklime_core.explain.surrogate import standard_errors
from sparklime_core.explain.task import ExplainTask, all_or_each
from sparklime_core.explain.threads import one_blas_thread
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import codes_of

ROW_SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        ("label_name", pa.string()),
        ("vsi", pa.float64()),
        ("csi", pa.float64()),
        ("jaccard", pa.float64()),
        ("sampling_rmse", pa.float64()),
        ("sampling_max", pa.float64()),
        ("error", pa.string()),
    ]
)
"""One row for each (row, label), in row order.

``vsi`` and ``csi`` are Visani's indices, from 0 to 100; ``jaccard`` is that of the top features, from 0 to 1;
``sampling_rmse`` and ``sampling_max`` are the errors of a single run's weights against the engine ``exact``, null
unless that was asked for. A row that cannot be explained has its reason in ``error``, and a null label.
"""

FEATURE_SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        ("feature", pa.string()),
        ("feature_explanation", pa.string()),
        ("chosen", pa.float64()),
        ("top", pa.float64()),
        ("mean", pa.float64()),
        ("std", pa.float64()),
        ("sign_agreement", pa.float64()),
        ("exact", pa.float64()),
    ]
)
"""One row for each feature that any pool or the engine ``exact`` chose, by falling \\|mean\\| in a (row, label).

``chosen`` and ``top`` are the shares of the pools that have it in the explanation, and among its top features.
``mean``, ``std`` (of a sample) and ``sign_agreement`` (the share that has the more frequent sign) are over the
pools that chose it. ``exact`` is the weight without sampling, null unless asked for and the feature is chosen.
"""


@dataclass(frozen=True)
class Stability:
    """What `stability` returns: ``rows`` has the `ROW_SCHEMA`, ``features`` the `FEATURE_SCHEMA`."""

    rows: pa.Table
    features: pa.Table


@dataclass(frozen=True)
class StabilitySettings:
    """How stability is measured.

    Attributes
    ----------
    pools
        How many pools, with the seeds ``seed``, ``seed + 1`` and so on.
    top
        How many of the first features of an explanation are its top features.
    exact
        Whether to compare with the engine ``exact``.

    Raises
    ------
    SettingsError
        When there are fewer than two pools, or no top feature.
    """

    pools: int = 10
    top: int = 5
    exact: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "pools", whole_number("pools", self.pools, 2))
        object.__setattr__(self, "top", whole_number("top", self.top, 1))
        object.__setattr__(self, "exact", flag("exact", self.exact))


def stability(
    explainer: Explainer,
    predict_fn: Any,
    rows: Any,
    *,
    pools: int = 10,
    top: int = 5,
    exact: bool = False,
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    output: OutputName = "probability",
) -> Stability:
    """Explain rows from several pools with the engine ``sampled``, and say how much the explanations agree.

    Parameters
    ----------
    explainer, predict_fn, rows, labels, num_features, num_samples, seed, output
        As in `explain_rows`; the first pool is that of ``explain_rows(..., seed=seed)``.
    pools, top, exact
        See `StabilitySettings`.

    Raises
    ------
    SparkLimeError
        When nothing can be explained with these arguments; the message says why.
    """
    wanted = StabilitySettings(pools, top, exact)
    settings = ExplainSettings(
        "sampled",
        labels,  # type: ignore[arg-type]
        num_features,
        num_samples,
        seed,
        output=output,
    )
    table = as_rows(rows, explainer)
    with raised_as(EngineError, "The explainer cannot be used"):
        study = prepare_study(explainer, predict_fn, settings, wanted)
    return study.measure(table, np.arange(len(table), dtype=np.int64))


def prepare_study(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings, wanted: StabilitySettings
) -> "StabilityStudy":
    """Draw the pools, and compile the engine ``exact`` if it is asked for."""
    task = prepare_task(explainer, predict_fn, replace(settings, engine="sampled"))
    seeds = [(settings.seed + pool) % (MAX_SEED + 1) for pool in range(wanted.pools)]
    engines = [
        SampledEngine.prepare(explainer, task.predict_fn, replace(task.settings, seed=other), profiled=False)
        for other in seeds[1:]
    ]
    truth = None
    if wanted.exact:
        truth = ENGINES["exact"].prepare(explainer, task.predict_fn, replace(task.settings, engine="exact"))
    assert isinstance(task.engine, SampledEngine)  # noqa: S101 - the settings say so
    return StabilityStudy(task, (task.engine, *engines), truth, wanted)


@dataclass(frozen=True)
class StabilityStudy:
    """Pools that are drawn, ready for rows."""

    task: ExplainTask
    engines: tuple[SampledEngine, ...]
    truth: Engine | None
    settings: StabilitySettings

    def measure(self, rows: FloatArray, row_ids: IntArray) -> Stability:
        """Measure rows (n, d), block by block."""
        found = [self._measure_block(rows[at], row_ids[at]) for at in blocks(len(rows))]
        return Stability(
            pa.Table.from_batches([of_rows for of_rows, _ in found], schema=ROW_SCHEMA),
            pa.Table.from_batches([of_features for _, of_features in found], schema=FEATURE_SCHEMA),
        )

    def _measure_block(self, rows: FloatArray, row_ids: IntArray) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        with one_blas_thread():
            errors, predictions, wanted = self.task.examine(rows)
            parts: list[_Part] = []

            def run(at: IntArray) -> None:
                runs = self._runs(rows[at], predictions[at], wanted[at])
                row, label = np.nonzero(wanted[at])
                parts.append(_Part(at[row], label, runs))

            all_or_each(run, errors)
            return self._row_batch(row_ids, errors, parts), self._feature_batch(rows, row_ids, parts)

    def _runs(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> PoolFits:
        fits, spreads = [], []
        for engine in self.engines:
            moments = engine.moments(rows, predictions, wanted)
            fits.append(engine.fit(moments, wanted))
            spreads.append(standard_errors(moments, wanted, fits[-1]))
        truth = None if self.truth is None else self.truth.solve(rows, predictions, wanted)
        return PoolFits.of(fits, spreads, truth, rows.shape[1])

    def _row_batch(self, row_ids: IntArray, errors: list[str | None], parts: "list[_Part]") -> pa.RecordBatch:
        failed = np.array([at for at, error in enumerate(errors) if error is not None], dtype=np.int64)
        row = np.concatenate([*(part.row for part in parts), failed])
        order = np.argsort(row, kind="stable")
        label = np.concatenate([*(part.label for part in parts), np.full(len(failed), -1)])[order]
        figures = [np.column_stack([*pair_figures(part.runs, self.settings.top)]) for part in parts]
        values = np.concatenate([*figures, np.full((len(failed), 3), np.nan)])[order]
        misses = [np.column_stack([*sampling_error(part.runs)]) for part in parts]
        missed = np.concatenate([*misses, np.full((len(failed), 2), np.nan)])[order]
        return pa.record_batch(
            [
                pa.array(row_ids[row[order]]),
                pa.array(label.astype(np.int32), mask=label < 0),
                pa.array([None if at < 0 else self.task.vocabulary.label_names[at] for at in label], pa.string()),
                *(_or_null(column) for column in (*values.T, *missed.T)),
                pa.array([errors[at] for at in row[order]], pa.string()),
            ],
            schema=ROW_SCHEMA,
        )

    def _feature_batch(self, rows: FloatArray, row_ids: IntArray, parts: "list[_Part]") -> pa.RecordBatch:
        batches = [self._features_of(rows, row_ids, part) for part in parts]
        table = pa.Table.from_batches(batches, schema=FEATURE_SCHEMA)
        combined = table.combine_chunks().to_batches()
        return combined[0] if combined else pa.RecordBatch.from_pylist([], schema=FEATURE_SCHEMA)

    def _features_of(self, rows: FloatArray, row_ids: IntArray, part: "_Part") -> pa.RecordBatch:
        vocabulary = self.task.vocabulary
        found = feature_figures(part.runs, self.settings.top)
        order = np.argsort(-np.abs(np.nan_to_num(found.mean)), axis=1, kind="stable")
        pair, place = np.nonzero(np.take_along_axis(found.known, order, axis=1))
        feature = order[pair, place]
        at = (pair, feature)
        terms = vocabulary.terms_of_rows(codes_of(self.task.explainer, rows[part.row]))[at]
        return pa.record_batch(
            [
                pa.array(row_ids[part.row[pair]]),
                pa.array(part.label[pair].astype(np.int32)),
                pa.array([vocabulary.features[term] for term in terms], pa.string()),
                pa.array([vocabulary.texts[term] for term in terms], pa.string()),
                pa.array(found.chosen[at]),
                pa.array(found.top[at]),
                *(_or_null(column[at]) for column in (found.mean, found.std, found.sign_agreement, found.exact)),
            ],
            schema=FEATURE_SCHEMA,
        )


@dataclass(frozen=True)
class _Part:
    """PoolFits of some (row, label) pairs of a block."""

    row: IntArray
    label: IntArray
    runs: PoolFits


def _or_null(values: FloatArray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
