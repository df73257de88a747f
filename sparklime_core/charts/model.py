"""Charts of how good a model is: confusion, ROC, precision by recall, calibration, predictions and residuals."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import described, short, span, strongest
from sparklime_core.charts.colours import AGAINST, FOR, REST
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


ON_CELLS = "black"
"""The colour of a number on a cell of the confusion matrix, which is light to `FOR` in every theme."""


def confusion_chart(counts: pd.DataFrame) -> ChartType:
    """Draw a confusion matrix.

    Parameters
    ----------
    counts
        ``truth``, ``predicted`` (class names), ``true_order``, ``predicted_order`` and ``rows``.
    """
    classes = counts["true_order"].nunique()
    base = alt.Chart(counts).encode(
        x=alt.X(
            "predicted:N",
            title="Predicted class",
            sort=alt.SortField("predicted_order"),
            axis=_class_axis(counts["predicted"]),
        ),
        y=alt.Y("truth:N", title="True class", sort=alt.SortField("true_order"), axis=alt.Axis(labelLimit=130)),
        tooltip=[
            alt.Tooltip("truth:N", title="True class"),
            alt.Tooltip("predicted:N", title="Predicted class"),
            alt.Tooltip("rows:Q", title="Test rows", format=","),
        ],
    )
    cell = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color("rows:Q", scale=alt.Scale(range=["#eef3fa", FOR]), legend=None)
    )
    layers: list[alt.Chart] = [cell]
    if classes <= 12:
        layers.append(base.mark_text(fontSize=14, color=ON_CELLS).encode(text=alt.Text("rows:Q", format=",")))
    description = described(f"Matrix of {count(classes, 'class', 'classes')}", *_right_and_wrong(counts))
    return alt.layer(*layers).properties(height=max(220, min(44 * classes, 520)), description=description)


def _right_and_wrong(counts: pd.DataFrame) -> tuple[str, str]:
    """Return how many rows are right, and the most frequent mistakes."""
    on = counts["truth"] == counts["predicted"]
    wrong = counts[~on & (counts["rows"] > 0)]
    mistakes = [f"{short(row.truth)} taken for {short(row.predicted)}:" for row in wrong.itertuples()]
    right = f"{counts['rows'][on].sum():,} of {count(int(counts['rows'].sum()), 'row')} are right"
    return right, strongest(mistakes, wrong["rows"], "{:,.0f}", "most frequent mistakes")


def predictions_chart(points: pd.DataFrame) -> ChartType:
    """Draw predicted against true values of test rows, and the line on which they would be equal.

    Parameters
    ----------
    points
        ``row``, ``truth`` and ``predicted``.
    """
    low = float(points[["truth", "predicted"]].min().min())
    high = float(points[["truth", "predicted"]].max().max())
    scale = alt.Scale(domain=[low, high])
    dots = (
        alt.Chart(points)
        .mark_circle(size=45, opacity=0.6, color=FOR)
        .encode(
            x=alt.X("truth:Q", title="True value", scale=scale),
            y=alt.Y("predicted:Q", title="Predicted value", scale=scale),
            tooltip=[
                alt.Tooltip("row:Q", title="Row"),
                alt.Tooltip("truth:Q", title="True", format=".5~g"),
                alt.Tooltip("predicted:Q", title="Predicted", format=".5~g"),
            ],
        )
    )
    ends = pd.DataFrame({"truth": [low, high], "predicted": [low, high]})
    line = alt.Chart(ends).mark_line(color=AGAINST, strokeDash=[4, 4]).encode(x="truth:Q", y="predicted:Q")
    spans = span("true values", points["truth"]), span("predicted values", points["predicted"])
    description = described(f"Points of {count(len(points), 'row')}", *spans)
    return alt.layer(line, dots).properties(height=340, description=description)


def _class_axis(names: pd.Series) -> alt.Axis:
    """Return an axis whose labels lie flat where there is room for them."""
    room = 100 / max(names.nunique(), 1)
    return alt.Axis(labelLimit=130, labelAngle=0 if names.str.len().max() <= room else -40)
