"""What is said of SHAP beside LIME, on the row and over all rows, and the frames of its charts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sparklime_core.charts.row_comparison import comparison_frame

if TYPE_CHECKING:
    from sparklime_core.explain.shap_agreement import Agreement
    from sparklime_core.explain.types import FloatArray

NAMES = ("LIME", "SHAP")
"""The two methods, in the order of the legend."""

WHY = (
    "They may differ, as they answer two questions: LIME fits a line to the model on a neighbourhood of the row; "
    "SHAP shares out among the features the difference between this prediction and the average prediction."
)
SIGN_HELP = "How many of the features that the explanation names have the same sign in LIME and in SHAP."
RANK_HELP = (
    "Whether both order these features alike, by length: Spearman's rank correlation. 1 is the same order, 0 an "
    "unrelated one, -1 the reverse."
)
FIRST_HELP = "How many of LIME's strongest features are among SHAP's strongest, too; by length, whatever the sign."


def agreement_words(found: "Agreement") -> str:
    """Say in a sentence how far the two agree."""
    signs = f"They agree on the sign of {found.same_sign} of {found.named} features"
    return f"{signs}{_order_words(found.rank)}."


def units_words(explained: str, added: str, regression: bool) -> str | None:
    """Say that SHAP values add up to another output than LIME explains; None where it is the same.

    Parameters
    ----------
    explained, added
        ``"probability"`` or ``"margin"``: what the run explains, and what base value and SHAP values add up to.
    """
    if explained == added:
        return None
    words = {"probability": "the probability", "margin": "the log-odds"}
    if regression:
        words = {"probability": "the prediction", "margin": "the raw score, before the model's link"}
    return (
        f"LIME explains {words[explained]} here, and SHAP's values of these trees add up to {words[added]}: "
        "compare signs and order, and no lengths."
    )


def shares(values: "FloatArray") -> "FloatArray":
    """Return values (..., d) in parts of the sum of their sizes; NaN counts as 0."""
    filled = np.nan_to_num(values)
    total = np.abs(filled).sum(axis=-1, keepdims=True)
    found: FloatArray = filled / np.where(total > 0, total, 1.0)
    return found


def shares_frame(
    names: list[str], lime: "FloatArray", shap: "FloatArray", texts: Mapping[str, str], top: int
) -> pd.DataFrame:
    """Lay out the shares of LIME and of SHAP, (d,) each, for `rows_comparison_chart`."""

    def entries(values: "FloatArray") -> list[dict[str, Any]]:
        return [
            {"feature": name, "weight": float(value), "feature_explanation": texts.get(name, "")}
            for name, value in zip(names, values, strict=True)
            if value
        ]

    return comparison_frame([(NAMES[0], entries(lime)), (NAMES[1], entries(shap))], top)


def agreed_rows(row_ids: Sequence[int], lime: "FloatArray", shap: "FloatArray") -> pd.DataFrame:
    """Return a line per row: ``row_id`` and the columns of `Agreement`; those that agree least come first."""
    from sparklime_core.explain.shap_agreement import agreement  # noqa: PLC0415 - imports lime

    lines = [
        {"row_id": row, **vars(agreement(*both))}
        for row, *both in zip(row_ids, np.nan_to_num(lime), shap, strict=True)
    ]
    frame = pd.DataFrame(lines).astype({"rank": "float64"})
    off = frame["shared"] / frame["first"].clip(lower=1) + frame["same_sign"] / frame["named"].clip(lower=1)
    return frame.iloc[np.lexsort((frame["row_id"], off))].reset_index(drop=True)


def values_frame(
    names: list[str], values: Mapping[str, str], lime: "FloatArray", shap: "FloatArray"
) -> pd.DataFrame:
    """Return a line per feature that either method names, LIME's strongest first, then SHAP's."""
    filled = np.nan_to_num(lime)
    order = np.lexsort((-np.abs(shap), -np.abs(filled)))
    kept = [int(at) for at in order if filled[at] or shap[at]]
    return pd.DataFrame(
        {
            "feature": [names[at] for at in kept],
            "value": [values.get(names[at], "") for at in kept],
            "lime": pd.Series([float(lime[at]) for at in kept], dtype="float64"),
            "shap": pd.Series([float(shap[at]) for at in kept], dtype="float64"),
        }
    )


def _order_words(rank: float | None) -> str:
    if rank is None:
        return ""
    if rank >= 0.8:
        return ", and order them nearly alike"
    if rank >= 0.5:
        return ", and order them roughly alike"
    return ", and order them differently"
