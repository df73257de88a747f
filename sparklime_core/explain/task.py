"""Explain a block of rows with a prepared engine: what an executor does, and what a notebook does.

The wrapper around every engine: it sets bad rows aside, predicts, resolves the labels, and packs the result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa

from sparklime_core.errors import PredictionError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explainer_facts import feature_count
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.products import matrices_at_once
from sparklime_core.explain.rows import row_errors
from sparklime_core.explain.runtime import one_blas_thread, phase
from sparklime_core.explain.schema import compact_schema
from sparklime_core.explain.settings import ExplainSettings, Labels
from sparklime_core.explain.solved_block import SolvedBlock, SolvedPart
from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import Vocabulary, codes_kept, codes_of


class Engine(Protocol):
    """A prepared engine: immutable, free of Spark, and something that dill can carry to an executor."""

    @property
    def row_seconds(self) -> float:
        """About how many seconds of a core a row takes, without the model's own prediction of it."""
        ...

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit a surrogate for every wanted (row, label) pair.

        Parameters
        ----------
        rows
            (n, d) rows, all valid: finite, with known categories.
        predictions
            (n, K) the model's own predictions for them.
        wanted
            (n, K) which pairs to explain.

        Returns
        -------
        Surrogates
            ``wanted.sum()`` pairs, in the order of ``numpy.argwhere(wanted)``. What a pair gets does not depend
            on the other rows, to the last bit.
        """
        ...


BLOCK_ROWS = 256
"""The most rows of a block, and how many are always predicted at once, padded where a block has fewer.

BLAS may round differently for batches of different shapes; with one shape it cannot.
"""

Solver = Callable[[IntArray, FloatArray, FloatArray, BoolArray], Surrogates]
"""Positions of rows in their block, those rows, their predictions and what is wanted of them, to surrogates."""

LONGEST_DESCRIPTION = 160
SLOW_BLOCK_ROWS = 8
SMALLEST_BLOCK_ROWS = 16
BLOCKS_TO_SHARE = 32


def block_rows(settings: ExplainSettings, rows: int) -> int:
    """Return how many rows a block has when this many are to be explained.

    A function of the run alone, and never of the cluster, so that a resumed run has the same blocks. lime's own
    rows take a tenth of a second each, so few make a block; the fast engines want many, unless the table is so
    small that the executors would have nothing to share.
    """
    if ENGINES[settings.engine].is_slow:
        return SLOW_BLOCK_ROWS
    return int(np.clip(rows // BLOCKS_TO_SHARE, SMALLEST_BLOCK_ROWS, BLOCK_ROWS))


@dataclass(frozen=True)
class ExplainTask:
    """Everything that explaining a block needs: what is broadcast to the executors."""

    explainer: Explainer
    predict_fn: PredictFn
    settings: ExplainSettings
    engine: Engine
    vocabulary: Vocabulary

    @property
    def row_seconds(self) -> float:
        """See `Engine.row_seconds`."""
        return self.engine.row_seconds

    @cached_property
    def description(self) -> str:
        """The model, the explainer and the engine in one line; kept, as scikit-learn needs a millisecond."""
        text = " ".join(repr(getattr(self.predict_fn, "__self__", self.predict_fn)).split())
        if len(text) > LONGEST_DESCRIPTION:
            text = text[:LONGEST_DESCRIPTION] + "…"
        explainer = self.explainer
        lime = f"{type(explainer).__name__}({explainer.mode}, {feature_count(explainer)} features)"
        return f"model {text} and explainer {lime}, engine {self.settings.engine}"

    def explain(self, rows: FloatArray, row_ids: IntArray) -> pa.RecordBatch:
        """Explain up to `BLOCK_ROWS` rows (n, d); return a batch of the compact schema, in row order."""
        return self.explain_by(rows, row_ids, lambda _, *block: self.engine.solve(*block))

    def explain_and_measure(
        self, rows: FloatArray, row_ids: IntArray
    ) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
        """Explain as `explain` does; return also what was measured, which here is nothing."""
        return self.explain(rows, row_ids), None

    def explain_by(self, rows: FloatArray, row_ids: IntArray, solver: Solver) -> pa.RecordBatch:
        """Explain as `explain` does, by a solver that also learns which rows of the block it is given."""
        with one_blas_thread(), codes_kept():
            errors, predictions, wanted = self.examine(rows)
            parts: list[SolvedPart] = []

            def solve(at: IntArray) -> None:
                with phase("algebra"):
                    found = solver(at, rows[at], predictions[at], wanted[at])
                pairs = np.argwhere(wanted[at])
                parts.append(SolvedPart.of(at[pairs[:, 0]], pairs[:, 1], found, listed=self.settings.profiles))

            all_or_each(solve, errors, self._rows_at_once(rows.shape[1]))
            with phase("packing"):
                solved = SolvedBlock.of(wanted.shape, parts)
                return self._pack(rows, row_ids, predictions, wanted, solved, errors)

    def _rows_at_once(self, columns: int) -> int:
        """Return how many rows are solved at once: those who draw samples have matrices of products."""
        return matrices_at_once(columns) if ENGINES[self.settings.engine].draws_samples else BLOCK_ROWS

    def examine(self, rows: FloatArray) -> tuple[list[str | None], FloatArray, BoolArray]:
        """Return each row's error or None, the predictions (n, K), and the wanted labels (n, K) of a block."""
        errors = row_errors(self.explainer, self.vocabulary, rows)
        predictions = np.full((len(rows), len(self.vocabulary.label_names)), np.nan)

        def predict(at: IntArray) -> None:
            predictions[at] = self._predict(rows[at])

        all_or_each(predict, errors)
        return errors, predictions, wanted_labels(self.settings.labels, predictions)

    def _predict(self, rows: FloatArray) -> FloatArray:
        padded = np.concatenate([rows, np.repeat(rows[-1:], BLOCK_ROWS - len(rows), axis=0)])
        predicted = predict_columns(self.predict_fn, padded, self.explainer.mode)[: len(rows)]
        if predicted.shape[1] != len(self.vocabulary.label_names):
            raise PredictionError(
                f"The predict function returned {predicted.shape[1]} columns where there are "
                f"{len(self.vocabulary.label_names)} classes."
            )
        return predicted

    def _pack(
        self,
        rows: FloatArray,
        row_ids: IntArray,
        predictions: FloatArray,
        wanted: BoolArray,
        solved: SolvedBlock,
        errors: list[str | None],
    ) -> pa.RecordBatch:
        unlabelled: BoolArray = np.logical_not(wanted.any(axis=1))
        pairs = np.argwhere(np.column_stack([wanted, unlabelled]))
        row, label = pairs[:, 0], pairs[:, 1]
        failed = np.array([error is not None for error in errors], dtype=np.bool_)[row]
        label_or_none = np.minimum(label, wanted.shape[1] - 1)
        at = (row, label_or_none)
        fitted = solved.surrogates
        terms, weights, lengths = self._terms(rows, row, fitted.features[at], fitted.weights[at], failed)
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
        mask = pa.array(failed)

        def figure(values: FloatArray) -> pa.Array:
            return pa.array(values[at], mask=failed | np.isnan(values[at]))

        predicted: FloatArray = predictions[at]
        columns = [
            pa.array(row_ids[row], pa.int64()),
            pa.array(label.astype(np.int32), mask=unlabelled[row]),
            pa.array(predicted, mask=~np.isfinite(predicted)),
            figure(fitted.local_prediction),
            figure(fitted.intercept),
            figure(fitted.score),
            pa.ListArray.from_arrays(offsets, pa.array(terms, pa.int32()), mask=mask),
            pa.ListArray.from_arrays(offsets, pa.array(weights, pa.float64()), mask=mask),
            figure(solved.profile_score),
            figure(solved.effective_share),
            *(self._bins(solved, at, failed) if self.settings.profiles else []),
            pa.array(errors, pa.string()).take(pa.array(row)),
        ]
        return pa.record_batch(columns, schema=compact_schema(profiles=self.settings.profiles))

    def _bins(self, solved: SolvedBlock, at: tuple[IntArray, IntArray], failed: BoolArray) -> list[pa.Array]:
        """Return the lists of the bins of all profiles: their terms, shares and effects."""
        counts: IntArray = np.where(failed, 0, solved.bins[at])
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
        mask = pa.array(counts == 0)
        terms = [self.vocabulary.terms_of(found.entries.feature, found.entries.code) for found in solved.profiles]
        shares = [found.entries.share for found in solved.profiles]
        effects = np.concatenate([np.zeros(0), *(found.effects for found in solved.profiles)])
        values = [
            pa.array(np.concatenate([np.zeros(0, dtype=np.int64), *terms]), pa.int32()),
            pa.array(np.concatenate([np.zeros(0), *shares])),
            pa.array(effects, mask=np.isnan(effects)),
        ]
        return [pa.ListArray.from_arrays(offsets, flat, mask=mask) for flat in values]

    def _terms(
        self, rows: FloatArray, row: IntArray, features: IntArray, weights: FloatArray, failed: BoolArray
    ) -> tuple[IntArray, FloatArray, IntArray]:
        """Return terms and weights end to end, and how many each pair has."""
        used = (features >= 0) & ~failed[:, None]
        valid = np.where(np.isfinite(rows), rows, 0.0)
        of_row = self.vocabulary.terms_of_rows(codes_of(self.explainer, valid))
        chosen = of_row[row[:, None], np.maximum(features, 0)]
        return chosen[used], weights[used], used.sum(axis=1)


def wanted_labels(labels: Labels, predictions: FloatArray) -> BoolArray:
    """Return (n, K): which labels of which rows are to be explained; without a prediction none is preferred."""
    wanted = np.zeros(predictions.shape, dtype=np.bool_)
    if predictions.shape[1] == 1 or labels == "all":
        wanted[:] = True
    elif isinstance(labels, str):
        known = np.flatnonzero(np.isfinite(predictions).all(axis=1))
        wanted[known, np.argmax(predictions[known], axis=1)] = True
    else:
        wanted[:, list(labels)] = True
    return wanted


def all_or_each(action: Callable[[IntArray], None], errors: list[str | None], at_once: int = BLOCK_ROWS) -> None:
    """Do something to rows without an error, many at once; when that fails, row by row, noting each error."""
    good = np.array([i for i, error in enumerate(errors) if error is None], dtype=np.int64)
    for begin in range(0, len(good), at_once):
        some = good[begin : begin + at_once]
        try:
            action(some)
        except Exception:  # noqa: BLE001 - a model raises any error: one bad row never costs the others
            for row in some:
                try:
                    action(np.array([row]))
                except Exception as error:  # noqa: BLE001
                    errors[row] = " ".join((str(error) or type(error).__name__).split())
