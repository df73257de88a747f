"""SHAP values per feature of the table, to compare with LIME's weights.

A model's trees give them at once (`tree_shap`): scikit-learn's by SHAP itself, a booster's by its own library. Any
other model is asked about mixtures of a row and some rows of its table (`sampled_shap`), which takes longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError, raised_as
from sparklime_core.explain.kinds.model_kind import Margin, TreeShap, kind_of
from sparklime_core.explain.predict_function import predict_columns, resolve_predict
from sparklime_core.explain.settings import OutputName
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn

TOLERANCE = 1e-4
"""How far base value and SHAP values may be from the prediction, in parts of their sizes: float32 adds up so."""

MOST_COST = 5e9
"""Steps per row that SHAP may take: some seconds."""

CHECKED = 50
"""Rows of the table on which it is checked that a model's SHAP values add up; fewer for large trees."""

BACKGROUND, LEAST_BACKGROUND, ORDERS = 50, 10, 5
"""Rows that stand for the average, the fewest in wide tables, and orders of the features, each in both ways."""

MOST_PER_ROW = 200_000
"""Predictions per row that a model may be asked for."""

MOST_CELLS = 4_000_000
"""Values of the rows that are predicted at once."""

MOST_ROWS = 500
"""The most rows over which LIME and SHAP are compared, ..."""

TREE_STEPS, PREDICTIONS = 3e9, 1e6
"""... and how much work that may be at most."""


@dataclass(frozen=True)
class ShapValues:
    """SHAP values of one label of each of some rows.

    Attributes
    ----------
    values
        (n, d) of each feature.
    base
        (n,) the average prediction, from which they lead to the row's own.
    """

    values: FloatArray
    base: FloatArray


@dataclass(frozen=True)
class ShapExplainer:
    """Gives the SHAP values of rows.

    Attributes
    ----------
    contributions
        Rows (n, d) to SHAP values (n, d + 1, K) of each label, the base value last.
    predict
        Rows to what these add up to.
    mode
        lime's ``"classification"`` or ``"regression"``.
    output
        What they add up to: ``"probability"`` (in regression: the prediction) or ``"margin"``.
    most_rows
        Over how many rows they can be had in a reasonable time.
    how
        How they are made, in words.
    """

    contributions: Callable[[FloatArray], FloatArray]
    predict: PredictFn
    mode: str
    output: OutputName
    most_rows: int
    how: str

    def explain(self, rows: FloatArray, labels: IntArray) -> ShapValues:
        """Return the SHAP values of rows (n, d), each of its own label (n,).

        Raises
        ------
        ModelError
            When base value and SHAP values do not add up to the model's own prediction.
        """
        with raised_as(ModelError, "The SHAP values cannot be computed"):
            found = self.contributions(rows)
        at = np.arange(len(rows))
        chosen = found[at, :, labels]
        predicted = predict_columns(self.predict, rows, self.mode)[at, labels]
        off = np.abs(chosen.sum(axis=1) - predicted)
        if (off > TOLERANCE * np.maximum(1.0, np.abs(chosen).sum(axis=1))).any():
            raise ModelError(
                f"The SHAP values of this model's trees do not add up to its prediction: off by {off.max():.3g}."
            )
        return ShapValues(chosen[:, :-1], chosen[:, -1])


def tree_shap(model: Any, mode: str, table: FloatArray | None = None) -> ShapExplainer:
    """Return the SHAP values that a model's trees give at once.

    Parameters
    ----------
    model
        What `explain_rows` takes for its ``predict_fn``.
    mode
        lime's ``"classification"`` or ``"regression"``.
    table
        (m, d) rows; on some of them it is checked that the values add up, as one row may do so by chance.

    Raises
    ------
    ModelError
        When the model is none of trees, its trees are too large, or SHAP reads them otherwise than the model.
    MissingExtraError
        When SHAP is needed, and not installed.
    """
    model = getattr(model, "predict_fn", model)
    model = getattr(model, "__self__", model)
    kind = kind_of(model)
    if kind is None:
        raise ModelError(f"There is no fast way to SHAP values of {type(model).__name__}.")
    with raised_as(ModelError, f"The trees of {kind.name} cannot be measured"):
        cost = kind.shap_cost()
    if cost > MOST_COST:
        raise ModelError(f"The trees of {kind.name} are too large for fast SHAP values: {cost:.2g} steps per row.")
    found = kind.tree_shap()
    margin = found.adds_up_to == "margin"
    own = resolve_predict(model, mode)
    predict = Margin(kind, mode) if margin else own
    if margin and mode == "regression" and _is_prediction(predict, own, model):
        margin = False
    most = int(np.clip(TREE_STEPS / max(cost, 1.0), 1, MOST_ROWS))
    how = "by the model's own trees"
    output: OutputName = "margin" if margin else "probability"
    explainer = ShapExplainer(_by_label(found, mode), predict, mode, output, most, how)
    if table is not None:
        checked = sample_of(table, min(most, CHECKED))
        if len(checked):
            explainer.explain(checked, np.zeros(len(checked), dtype=np.int64))
    return explainer


def sampled_shap(model: Any, table: FloatArray, mode: str, output: OutputName, seed: int = 0) -> ShapExplainer:
    """Return SHAP values of any model, from mixtures of a row and of rows of its table.

    Features become the row's own one after another, in some orders and their reverses (Strumbelj and Kononenko
    2014, with the antithetic orders of Mitchell and others 2022); base value and values add up without an error.

    Parameters
    ----------
    model
        What `explain_rows` takes for its ``predict_fn``.
    table
        (m, d) rows that the model has learnt from; some of them stand for the average.
    mode
        lime's ``"classification"`` or ``"regression"``.
    output
        ``"probability"`` or ``"margin"``.
    seed
        Of the rows and the orders that are drawn.

    Raises
    ------
    ModelError
        When the table is too wide, so that the model would be asked for more than `MOST_PER_ROW` predictions per
        row, or has no row without a gap.
    """
    width = table.shape[1]
    most = MOST_PER_ROW // (2 * ORDERS * (width + 1))
    if most < LEAST_BACKGROUND:
        raise ModelError(
            f"The table has {width:,} features, which are too many for SHAP values by asking the model: they "
            f"would take more than {MOST_PER_ROW:,} predictions per row."
        )
    background = sample_of(table, min(BACKGROUND, most), seed)
    if not len(background):
        raise ModelError("SHAP values need rows of the table without a missing value, and there are none.")
    random = np.random.RandomState(seed)
    orders = [random.permutation(width) for _ in range(ORDERS)]
    orders += [order[::-1] for order in orders]
    predict = resolve_predict(model, mode, output)

    def contributions(rows: FloatArray) -> FloatArray:
        return np.stack([_of_row(predict, mode, row, background, orders) for row in rows])

    per_row = len(orders) * (width + 1) * len(background)
    how = f"by {per_row:,} predictions per row, of mixtures with {len(background)} rows of the table"
    return ShapExplainer(
        contributions, predict, mode, output, int(np.clip(PREDICTIONS // per_row, 1, MOST_ROWS)), how
    )


def sample_of(table: FloatArray, most: int, seed: int = 0) -> FloatArray:
    """Return up to so many rows of a table that hold finite numbers alone, drawn with a seed, in their order."""
    whole = np.flatnonzero(np.isfinite(table).all(axis=1))
    if len(whole) > most:
        whole = np.sort(np.random.RandomState(seed).choice(whole, most, replace=False))
    return table[whole].astype(np.float64)


def _of_row(
    predict: PredictFn, mode: str, row: FloatArray, background: FloatArray, orders: list[IntArray]
) -> FloatArray:
    """Return the SHAP values (d + 1, K) of one row, the base value last."""
    width = len(row)
    at_once = max(1, MOST_CELLS // background.size)
    slices = [np.arange(begin, min(begin + at_once, width + 1)) for begin in range(0, width + 1, at_once)]
    steps = []
    for order in orders:
        place = np.empty(width, dtype=np.int64)
        place[order] = np.arange(width)
        means = np.concatenate([_means(predict, mode, row, background, place, known) for known in slices])
        steps.append(np.concatenate([np.diff(means, axis=0)[place], means[:1]]))
    found: FloatArray = np.mean(steps, axis=0)
    return found


def _means(
    predict: PredictFn, mode: str, row: FloatArray, background: FloatArray, place: IntArray, known: IntArray
) -> FloatArray:
    """Return the mean predictions (k, K) where the first known (k,) features, by their place, are the row's."""
    is_own = place[None, :] < known[:, None]
    mixed = np.where(is_own[:, None, :], row, background[None]).reshape(-1, len(row))
    found: FloatArray = predict_columns(predict, mixed, mode).reshape(len(known), len(background), -1).mean(axis=1)
    return found


def _by_label(found: TreeShap, mode: str) -> Callable[[FloatArray], FloatArray]:
    """Return contributions to labels: two classes share one margin, which is of the second (see `Margin`)."""
    if mode == "regression" or found.adds_up_to == "probability":
        return found.contributions

    def contributions(rows: FloatArray) -> FloatArray:
        scores = found.contributions(rows)
        if scores.shape[2] > 2:
            return scores
        second = scores[:, :, -1] - (scores[:, :, 0] if scores.shape[2] == 2 else 0.0)
        return np.stack([-second, second], axis=2)

    return contributions


def _is_prediction(margin: PredictFn, own: PredictFn, model: Any) -> bool:
    """Return whether the raw score of a model of numbers is its prediction: there is no link between them."""
    width = int(getattr(model, "n_features_in_", 0))
    rows = np.random.RandomState(0).normal(size=(8, width))
    return width > 0 and bool(np.allclose(margin(rows), own(rows), rtol=TOLERANCE))
