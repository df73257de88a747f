"""Charts of how good a model is: ROC, precision by recall, calibration, residuals."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, span
from sparklime_core.charts.palette import AGAINST, FOR, REST
from sparklime_core.wording import count

HEIGHT = 320

FEW, MOST = 0.1, 0.8
"""A share of false positives that is small, and a recall that is large: what a description reads off there."""
_SHARE = alt.Scale(domain=[0, 1])


def roc_chart(points: pd.DataFrame) -> ChartType:
    """Draw a ROC curve over the line of a model that guesses.

    Parameters
    ----------
    points
        ``false_positive_rate``, ``true_positive_rate`` and ``threshold``.
    """
    curve = (
        alt.Chart(points)
        .mark_line(color=FOR, interpolate="step-after")
        .encode(
            x=alt.X("false_positive_rate:Q", title="False positive rate", scale=_SHARE),
            y=alt.Y("true_positive_rate:Q", title="True positive rate", scale=_SHARE),
            order="false_positive_rate:Q",
            tooltip=[alt.Tooltip("threshold:Q", title="Threshold", format=".3f")],
        )
    )
    few = points["false_positive_rate"] <= FEW
    description = described(
        f"Curve of {count(len(points), 'threshold')}",
        f"with at most {FEW:.0%} false positives, {points['true_positive_rate'][few].max():.0%} true positives",
    )
    diagonal = _diagonal("false_positive_rate", "true_positive_rate")
    return alt.layer(diagonal, curve).properties(height=HEIGHT, description=description)


def precision_recall_chart(points: pd.DataFrame) -> ChartType:
    """Draw precision by recall.

    Parameters
    ----------
    points
        ``recall``, ``precision`` and ``threshold``.
    """
    curve = (
        alt.Chart(points)
        .mark_line(color=FOR, interpolate="step-before")
        .encode(
            x=alt.X("recall:Q", title="Recall", scale=_SHARE),
            y=alt.Y("precision:Q", title="Precision", scale=_SHARE),
            order=alt.Order("threshold:Q"),
            tooltip=[alt.Tooltip("threshold:Q", title="Threshold", format=".3f")],
        )
    )
    precision = points["precision"][points["recall"] >= MOST].max()
    description = described(
        f"Curve of {count(len(points), 'threshold')}",
        f"with a recall of at least {MOST:.0%}, a precision of {precision:.0%}",
    )
    return alt.layer(curve).properties(height=HEIGHT, description=description)


def calibration_chart(bins: pd.DataFrame) -> ChartType:
    """Draw how often a class is true by how probable the model says it is; on the diagonal, it is right.

    Parameters
    ----------
    bins
        ``predicted``, ``observed`` (shares) and ``rows``.
    """
    points = (
        alt.Chart(bins)
        .mark_line(color=FOR, point=alt.OverlayMarkDef(color=FOR, size=60))
        .encode(
            x=alt.X("predicted:Q", title="Predicted probability", scale=_SHARE),
            y=alt.Y("observed:Q", title="Observed share", scale=_SHARE),
            tooltip=[
                alt.Tooltip("predicted:Q", title="Predicted", format=".3f"),
                alt.Tooltip("observed:Q", title="Observed", format=".3f"),
                alt.Tooltip("rows:Q", title="Rows"),
            ],
        )
    )
    pairs = [
        f"{said:.0%} predicted {is_true:.0%} observed"
        for said, is_true in zip(bins["predicted"], bins["observed"], strict=True)
    ]
    description = described(f"Line of {count(len(bins), 'group')} of rows", ", ".join(pairs))
    diagonal = _diagonal("predicted", "observed")
    return alt.layer(diagonal, points).properties(height=HEIGHT, description=description)


def residuals_chart(points: pd.DataFrame) -> ChartType:
    """Draw what is left of the truth by what was predicted.

    Parameters
    ----------
    points
        ``row``, ``truth``, ``predicted`` and ``residual`` (truth minus predicted).
    """
    dots = (
        alt.Chart(points)
        .mark_circle(size=45, opacity=0.6, color=FOR)
        .encode(
            x=alt.X("predicted:Q", title="Predicted value", scale=alt.Scale(zero=False)),
            y=alt.Y("residual:Q", title="True minus predicted"),
            tooltip=[
                alt.Tooltip("row:Q", title="Row"),
                alt.Tooltip("truth:Q", title="True", format=".5~g"),
                alt.Tooltip("predicted:Q", title="Predicted", format=".5~g"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"residual": [0.0]})).mark_rule(color=AGAINST, strokeDash=[4, 4])
    spans = span("predicted values", points["predicted"]), span("true minus predicted", points["residual"])
    description = described(f"Points of {count(len(points), 'row')}", *spans)
    return alt.layer(zero.encode(y="residual:Q"), dots).properties(height=HEIGHT, description=description)


def _diagonal(x: str, y: str) -> alt.Chart:
    ends = pd.DataFrame({x: [0.0, 1.0], y: [0.0, 1.0]})
    line: alt.Chart = alt.Chart(ends).mark_line(color=REST, strokeDash=[4, 4]).encode(x=f"{x}:Q", y=f"{y}:Q")
    return line
