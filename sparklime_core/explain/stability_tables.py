"""The figures of stability as tables: one for a run, two for the library."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sparklime_core.explain.schema import STABILITY_FEATURE_SCHEMA, STABILITY_ROW_SCHEMA, STABILITY_SCHEMA
from sparklime_core.explain.stability_metrics import PoolFits, feature_figures, pair_figures, sampling_error
from sparklime_core.explain.types import Explainer, FloatArray, IntArray
from sparklime_core.explain.vocabulary import Vocabulary, codes_of

TOP = 5
"""How many of the first features of an explanation the Jaccard index looks at, unless a caller says otherwise."""


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


def run_batch(row_ids: IntArray, measured: Sequence[MeasuredPairs]) -> pa.RecordBatch:
    """Return a batch of `STABILITY_SCHEMA`, in row order."""
    batches = [_run_pairs(row_ids, pairs, pairs.explained) for pairs in measured if pairs.explained is not None]
    table = pa.Table.from_batches(batches, schema=STABILITY_SCHEMA)
    return _one_batch(table.sort_by([("row_id", "ascending"), ("label", "ascending")]))


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
    return _one_batch(pa.Table.from_batches(batches, schema=STABILITY_FEATURE_SCHEMA))


def _run_pairs(row_ids: IntArray, pairs: MeasuredPairs, features: IntArray) -> pa.RecordBatch:
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


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _singles(values: FloatArray) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))


def _or_null(values: FloatArray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
