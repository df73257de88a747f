"""How far LIME's weights and SHAP's values agree: on signs, on the order, and on the first features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import spearmanr

from sparklime_core.errors import DataError
from sparklime_core.explain.explainer_facts import feature_names, is_categorical
from sparklime_core.explain.rows import as_rows
from sparklime_core.explain.shap_values import ShapExplainer
from sparklime_core.explain.types import Explainer, FloatArray

FIRST = 3
"""How many of the strongest features are compared."""

SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        ("named", pa.int64()),
        ("same_sign", pa.int64()),
        ("rank", pa.float64()),
        ("shared", pa.int64()),
        ("first", pa.int64()),
    ]
)
"""The columns of `shap_agreement`: those of `Agreement` by row and label."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of one explanation with SHAP.

    Attributes
    ----------
    named
        How many features the explanation names.
    same_sign
        How many of them have the same sign in both.
    rank
        Spearman's rank correlation of the absolute values of these features, -1 to 1; None of fewer than three, or
        where all are equal.
    shared
        How many of the first features by LIME are among SHAP's first ones.
    first
        How many are first: `FIRST`, or as many as the explanation names.
    """

    named: int
    same_sign: int
    rank: float | None
    shared: int
    first: int


def agreement(weights: FloatArray, values: FloatArray) -> Agreement:
    """Compare LIME's weights (d,), NaN or 0 where a feature is not named, with SHAP's values (d,)."""
    weights = np.nan_to_num(weights)
    named = np.flatnonzero(weights)
    first = min(FIRST, len(named))
    both = set(_strongest(weights, first)) & set(_strongest(values, first))
    same = int((np.sign(weights[named]) == np.sign(values[named])).sum())
    return Agreement(len(named), same, _rank(np.abs(weights[named]), np.abs(values[named])), len(both), first)


def lime_parts(explainer: Explainer, weights: FloatArray, rows: FloatArray) -> FloatArray:
    """Return what LIME gives each feature of the prediction, to compare with SHAP.

    That is the weight itself where a feature is in bins or a category. The weight of a number that is left as it
    is is a slope: it counts times the value's distance from the mean, in the standard deviations that lime uses.

    Parameters
    ----------
    weights, rows
        (n, d) weights, NaN where a feature is not named, and the rows that they are of.
    """
    if explainer.discretizer is not None:
        return weights
    distance = (rows - explainer.scaler.mean_) / explainer.scaler.scale_
    return weights * np.where(is_categorical(explainer), 1.0, distance)


def shap_agreement(results: Any, explainer: Explainer, shap: ShapExplainer, rows: Any) -> pa.Table:
    """Compare explanations with SHAP's values, one by one.

    Parameters
    ----------
    results
        What `explain_rows` has returned.
    explainer, rows
        With which, and of which.
    shap
        From `sparklime_core.explain.shap_values.tree_shap` or ``sampled_shap``.

    Returns
    -------
    pyarrow.Table
        One line per explanation, of `SCHEMA`; rows that could not be explained are left out.

    Raises
    ------
    DataError
        When a result is of a row that is missing from ``rows``.
    """
    table = as_rows(rows, explainer)
    place = {name: at for at, name in enumerate(feature_names(explainer))}
    explained = [line for line in results.to_pylist() if line["error"] is None]
    ids = np.array([line["row_id"] for line in explained], dtype=np.int64)
    if len(ids) and not 0 <= ids.min() <= ids.max() < len(table):
        raise DataError(
            f"There are {len(table)} rows, and a result is of row {ids.max()}; give the rows that were explained."
        )
    weights = np.full((len(explained), len(place)), np.nan)
    for at, line in enumerate(explained):
        for entry in line["explanation"]:
            weights[at, place[entry["feature"]]] = entry["weight"]
    labels = np.array([line["label"] for line in explained], dtype=np.int64)
    found = agreements(lime_parts(explainer, weights, table[ids]), shap.explain(table[ids], labels).values)
    lines = [
        {"row_id": row, "label": label, **vars(one)}
        for row, label, one in zip(ids.tolist(), labels.tolist(), found, strict=True)
    ]
    return pa.Table.from_pylist(lines, SCHEMA)


def agreements(weights: FloatArray, values: FloatArray) -> Sequence[Agreement]:
    """Compare rows (n, d) one by one; see `agreement`."""
    return [agreement(*pair) for pair in zip(weights, values, strict=True)]


def _strongest(values: FloatArray, most: int) -> list[int]:
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    return [int(at) for at in order if values[at]]


def _rank(one: FloatArray, other: FloatArray) -> float | None:
    if len(one) < FIRST or not np.ptp(one) or not np.ptp(other):
        return None
    return float(spearmanr(one, other).statistic)
