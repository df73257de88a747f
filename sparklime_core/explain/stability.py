"""`stability`: how far to trust an explanation, by explaining the same rows from several pools.

Pools of different seeds share the model's predictions of the rows, and each costs one solve per row: it takes
milliseconds where lime takes minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from sparklime_core.arguments import flag, whole_number
from sparklime_core.errors import EngineError, raised_as
from sparklime_core.explain.explain_rows import blocks, prepare_engine, prepare_task
from sparklime_core.explain.rows import as_rows
from sparklime_core.explain.runtime import counted
from sparklime_core.explain.schema import STABILITY_FEATURE_SCHEMA, STABILITY_ROW_SCHEMA
from sparklime_core.explain.settings import ExplainSettings, OutputName
from sparklime_core.explain.stability_metrics import TOP, feature_figures, pair_figures, sampling_error
from sparklime_core.explain.stability_task import MeasuredPairs, StabilityTask, one_batch, with_pools
from sparklime_core.explain.types import Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import Vocabulary, codes_of


@dataclass(frozen=True)
class Stability:
    """Tables of `stability`: ``rows`` of `STABILITY_ROW_SCHEMA`, ``features`` of `STABILITY_FEATURE_SCHEMA`."""

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
    top: int = TOP
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
    top: int = TOP,
    exact: bool = False,
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    output: OutputName = "probability",
    progress: bool = False,
) -> Stability:
    """Explain rows from several pools with the engine ``sampled``, and measure how much the explanations agree.

    Parameters
    ----------
    explainer, predict_fn, rows, labels, num_features, num_samples, seed, output, progress
        As in `explain_rows`; the first pool is that of ``explain_rows(..., seed=seed)``.
    pools, top, exact
        See `StabilitySettings`.

    Raises
    ------
    SparkLimeError
        When nothing can be explained with these arguments; the message says why.
    """
    measures = StabilitySettings(pools, top, exact)
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
        task = prepare_stability(explainer, predict_fn, settings, measures)
    return measure_stability(
        task, table, np.arange(len(table), dtype=np.int64), measures.top, progress=flag("progress", progress)
    )


def prepare_stability(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings, measures: StabilitySettings
) -> StabilityTask:
    """Draw the pools, and compile the engine ``exact`` where it is asked for."""
    task = prepare_task(explainer, predict_fn, replace(settings, engine="sampled"))
    return with_pools(task, measures.pools, prepare_engine("exact", task) if measures.exact else None)


def measure_stability(
    task: StabilityTask, rows: FloatArray, row_ids: IntArray, top: int, *, progress: bool = False
) -> Stability:
    """Measure rows (n, d), block by block."""
    of_rows, of_features = [], []
    for at in counted(blocks(len(rows)), len(rows), progress=progress):
        errors, measured = task.measure_rows(rows[at])
        of_rows.append(row_batch(row_ids[at], measured, errors, task.vocabulary.label_names, top))
        of_features.append(feature_batch(rows[at], row_ids[at], measured, task.explainer, task.vocabulary, top))
    return Stability(
        pa.Table.from_batches(of_rows, schema=STABILITY_ROW_SCHEMA),
        pa.Table.from_batches(of_features, schema=STABILITY_FEATURE_SCHEMA),
    )


def row_batch(
    row_ids: IntArray,
    measured: Sequence[MeasuredPairs],
    errors: Sequence[str | None],
    label_names: Sequence[str],
    top: int,
) -> pa.RecordBatch:
    """Return a batch of `STABILITY_ROW_SCHEMA`, in row order; ``errors`` has each row's, or None."""
    failed = np.array([at for at, error in enumerate(errors) if error is not None], dtype=np.int64)
    row = np.concatenate([*(pairs.row for pairs in measured), failed])
    order = np.argsort(row, kind="stable")
    label = np.concatenate([*(pairs.label for pairs in measured), np.full(len(failed), -1)])[order]
    figures = [
        np.column_stack([*pair_figures(pairs.fits, top), *sampling_error(pairs.fits)]) for pairs in measured
    ]
    values = np.concatenate([*figures, np.full((len(failed), 5), np.nan)])[order]
    return pa.record_batch(
        [
            pa.array(row_ids[row[order]]),
            pa.array(label.astype(np.int32), mask=label < 0),
            pa.array([None if at < 0 else label_names[at] for at in label], pa.string()),
            *map(_or_null, values.T),
            pa.array([errors[at] for at in row[order]], pa.string()),
        ],
        schema=STABILITY_ROW_SCHEMA,
    )


def feature_batch(
    rows: FloatArray,
    row_ids: IntArray,
    measured: Sequence[MeasuredPairs],
    explainer: Explainer,
    vocabulary: Vocabulary,
    top: int,
) -> pa.RecordBatch:
    """Return a batch of `STABILITY_FEATURE_SCHEMA` for a block of rows (n, d)."""
    batches = []
    for pairs in measured:
        terms = vocabulary.terms_of_rows(codes_of(explainer, rows[pairs.row]))
        batches.append(_features_of_pairs(row_ids, pairs, terms, vocabulary, top))
    return one_batch(pa.Table.from_batches(batches, schema=STABILITY_FEATURE_SCHEMA))


def _features_of_pairs(
    row_ids: IntArray, pairs: MeasuredPairs, terms: IntArray, vocabulary: Vocabulary, top: int
) -> pa.RecordBatch:
    figures = feature_figures(pairs.fits, top)
    order = np.argsort(-np.abs(np.nan_to_num(figures.mean)), axis=1, kind="stable")
    pair, place = np.nonzero(np.take_along_axis(figures.known, order, axis=1))
    at = (pair, order[pair, place])
    numbers = (figures.mean, figures.std, figures.sign_agreement, figures.exact)
    return pa.record_batch(
        [
            pa.array(row_ids[pairs.row[pair]]),
            pa.array(pairs.label[pair].astype(np.int32)),
            pa.array([vocabulary.features[term] for term in terms[at]], pa.string()),
            pa.array([vocabulary.texts[term] for term in terms[at]], pa.string()),
            pa.array(figures.chosen[at]),
            pa.array(figures.top[at]),
            *(_or_null(column[at]) for column in numbers),
        ],
        schema=STABILITY_FEATURE_SCHEMA,
    )


def _or_null(values: FloatArray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
