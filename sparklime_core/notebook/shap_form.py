"""Explanations in the form of SHAP's, so that its plots draw them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shap

from sparklime_core.errors import DataError
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.notebook.find_explanation import label_column
from sparklime_core.wording import count

NEAR = 1e-6
"""How far the surrogate's value may be from the sum of intercept and weights."""


def shap_explanation(results: pa.Table, label: int | str | None, data: Any) -> shap.Explanation:
    """Return results as `Explanations.to_shap` says."""
    chosen = _choose(results, label)
    weights, features = _weights(chosen.results["explanation"].combine_chunks())
    intercepts, surrogates = (_numbers(chosen.results[name]) for name in ("intercept", "local_prediction"))
    sums = intercepts + weights.sum(axis=1)
    off = np.abs(sums - surrogates) > NEAR * np.maximum(1.0, np.abs(surrogates))
    if off.any():
        row = chosen.results["row_id"][int(np.argmax(off))].as_py()
        raise DataError(
            f"The weights of row {row!r} do not add up to the surrogate's value, which SHAP's plots take for "
            "granted; explain with an explainer that bins features (discretize_continuous=True)."
        )
    return shap.Explanation(
        values=weights,
        base_values=intercepts,
        data=None if data is None else _matched(data, features, chosen),
        feature_names=features,
        instance_names=[str(row) for row in chosen.results["row_id"].to_pylist()],
    )


@dataclass(frozen=True)
class _Chosen:
    """One result for each of some rows.

    Attributes
    ----------
    results
        In row order.
    places
        The place of each row among all rows.
    rows
        How many rows there are in all.
    """

    results: pa.Table
    places: IntArray
    rows: int


def _choose(results: pa.Table, label: int | str | None) -> _Chosen:
    ids = results["row_id"].combine_chunks()
    try:
        coded = ids.dictionary_encode(null_encoding="encode")
    except pa.ArrowException as error:
        raise DataError(f"Rows cannot be told apart by a row_id of type {ids.type}.") from error
    places = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    kept = pc.is_null(results["error"])
    if label is not None:
        column, value = label_column(label)
        kept = pc.and_(kept, pc.equal(results[column], value))
    at = np.flatnonzero(kept.to_numpy(zero_copy_only=False))
    if not len(at):
        what = "" if label is None else f" of the label {label!r}"
        raise DataError(f"No row has an explanation{what}.")
    _check_unique(places[at], results["label"].take(pa.array(at)).to_numpy())
    if label is None:
        best = np.lexsort((-_numbers(results["prediction"])[at], places[at]))
        first = np.flatnonzero(np.diff(places[at][best], prepend=-1))
        at = at[best[first]]
    return _Chosen(results.take(pa.array(at)), places[at], len(coded.dictionary))


def _check_unique(places: IntArray, labels: npt.NDArray[Any]) -> None:
    """Raise `DataError` when a row_id seems to be that of several rows."""
    labels_of = np.bincount(places)
    pairs = np.unique(np.stack([places, labels]), axis=1).shape[1]
    if pairs < len(places) or len(set(labels_of[labels_of > 0])) > 1:
        raise DataError("Several rows have the same row_id; SHAP's form needs an id of its own for each row.")


def _weights(entries: pa.ListArray) -> tuple[FloatArray, list[str]]:
    """Return weights (n, d) and the features' names, by falling mean \\|weight\\|."""
    rows = pc.list_parent_indices(entries).to_numpy()
    features, _, given = entries.flatten().flatten()
    coded = features.dictionary_encode()
    weights = np.zeros((len(entries), len(coded.dictionary)))
    weights[rows, coded.indices.to_numpy()] = given.to_numpy()
    order = np.argsort(-np.abs(weights).mean(axis=0), kind="stable")
    names = coded.dictionary.to_pylist()
    return weights[:, order], [names[at] for at in order]


def _matched(data: Any, features: list[str], chosen: _Chosen) -> FloatArray:
    """Return the values (n, d) of the chosen rows, by the features' names."""
    frame = data.to_pandas() if isinstance(data, (pa.Table, pa.RecordBatch)) else data
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"data must be a table with the features' names, not {type(data).__name__}.")
    missing = [name for name in features if name not in frame.columns]
    if missing:
        raise DataError(f"data has no column {missing[0]!r}, which the explanations name.")
    if len(frame) != chosen.rows:
        were = "was" if chosen.rows == 1 else "were"
        raise DataError(f"data has {count(len(frame), 'row')}, but {count(chosen.rows, 'row')} {were} explained.")
    try:
        values: FloatArray = frame[features].to_numpy(dtype=np.float64)[chosen.places]
    except (TypeError, ValueError) as error:
        raise DataError(f"data must hold numbers, with categories as their codes: {error}.") from error
    return values


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    numbers: FloatArray = column.to_numpy()
    return numbers
