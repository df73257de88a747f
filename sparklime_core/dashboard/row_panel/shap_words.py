"""The words and frames of SHAP next to LIME, for one row and for all rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sparklime_core.charts.weights import comparison_frame

if TYPE_CHECKING:
    from sparklime_core.explain.shap_agreement import Agreement
    from sparklime_core.explain.types import FloatArray

UNKNOWN = "unknown"

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


def agreement_words(found: "Agreement", signs: bool) -> str:
    """Return the agreement in a sentence, on signs if these can be compared; empty without any."""
    order = _order_words(found.rank)
    if not signs:
        return f"They order the {found.named} features {order}." if order else ""
    signed = f"They agree on the sign of {found.same_sign} of {found.named} features"
    return f"{signed}, and order them {order}." if order else f"{signed}."


def signs_compare(explained: str, added: str, classes: int) -> bool:
    """Return whether the same sign means the same in LIME and in SHAP; see `units_words`.

    The raw score of one of several classes may rise while its probability falls, as others rise more.
    """
    return explained == added or classes <= 2


def units_words(explained: str, added: str, classes: int) -> str | None:
    """Return that SHAP values add up to another output than LIME explains, in words; None for the same output.

    Parameters
    ----------
    explained, added
        ``"probability"`` or ``"margin"``: what the run explains, and what base value and SHAP values add up to.
    classes
        How many classes the model has; 0 in regression.
    """
    if explained == added:
        return None
    if not signs_compare(explained, added, classes):
        return (
            "LIME explains the probability here, and SHAP's values of these trees add up to the class's raw "
            "score, which may rise while its probability falls: compare the order alone; ask the model to compare "
            "signs."
        )
    words = {"probability": "the probability", "margin": "the log-odds"}
    if not classes:
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


def agreed_rows(row_ids: Sequence[int], lime: "FloatArray", shap: "FloatArray", signs: bool) -> pd.DataFrame:
    """Return ``row_id`` and the columns of `Agreement` of rows that name a feature; what agrees least comes first.

    Signs count where they can be compared; see `signs_compare`.
    """
    from sparklime_core.explain.shap_agreement import Agreement, agreement  # noqa: PLC0415 - imports lime

    lines = [
        {"row_id": row, **vars(agreement(*both))}
        for row, *both in zip(row_ids, np.nan_to_num(lime), shap, strict=True)
    ]
    columns = ["row_id", *(field.name for field in fields(Agreement))]
    frame = pd.DataFrame(lines, columns=columns).astype({"rank": "float64"})
    frame = frame[frame["named"] > 0]
    off = frame["shared"] / frame["first"] + (frame["same_sign"] / frame["named"] if signs else 0.0)
    return frame.iloc[np.lexsort((frame["row_id"], off))].reset_index(drop=True)


@dataclass(frozen=True)
class Figures:
    """Agreement over some rows, in words; ``"unknown"`` where no row has it."""

    same_first: str
    in_common: str
    same_sign: str
    same_order: str


def agreement_figures(agreed: pd.DataFrame) -> Figures:
    """Return the figures of the rows of `agreed_rows`; rows that name one or two features have fewer first."""
    rank = agreed["rank"].mean()
    order = UNKNOWN if pd.isna(rank) else f"{rank:.2f}"
    if agreed.empty:
        return Figures(UNKNOWN, UNKNOWN, UNKNOWN, order)
    first = f"{agreed['first'].mean():.1f}".removesuffix(".0")
    return Figures(
        f"{(agreed['shared'] == agreed['first']).mean():.0%} of rows",
        f"{agreed['shared'].mean():.1f} of {first}",
        f"{agreed['same_sign'].sum() / agreed['named'].sum():.0%}",
        order,
    )


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
        return "nearly alike"
    if rank >= 0.5:
        return "roughly alike"
    return "differently"
