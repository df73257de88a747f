"""Why the model said that: the weights, the figures of the fit, and the class probabilities."""

from collections.abc import Sequence

import streamlit as st

from sparklime_core.charts.classes import probabilities_chart
from sparklime_core.charts.palette import AGAINST, EXACT, FOR
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.profiles import draw_profiles
from sparklime_core.dashboard.row_panel.row_frames import classes_frame
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.run_cache import shared_scale
from sparklime_core.dashboard.shared.text import count, number, plain
from sparklime_core.explain.trust import FIT, LOW_R2
from sparklime_core.runs.row_view import colour_words

MOST_CLASSES = 6
"""Classes whose probability has a bar; the table of all is one click away."""


def draw_why(row: RowContext) -> None:
    """Draw the weights and what belongs to them."""
    shown = _weights(row)
    _figures(row)
    draw_profiles(row, shown)
    with shown_errors():
        probabilities = row.probabilities  # last: it opens the model
        if probabilities is not None:
            _classes(row, probabilities)


def _weights(row: RowContext) -> int:
    """Draw the weights; return how many features have a bar."""
    run, view, stability = row.run, row.view, row.stability
    explanation = view.result["explanation"]
    top = _top(len(explanation))
    beside = {} if stability is None else {"spread": stability["std"], "exact": stability["exact"]}
    bars = fold_weights(explanation, view.values, top, **beside)
    st.markdown(_legend(row))
    draw(
        weights_chart(bars, shared_scale(run, top)),
        alt=f"Weights of the {len(explanation)} strongest conditions of row {view.row_id}",
        key="weights",
    )
    return top


def _legend(row: RowContext) -> str:
    name = plain(row.view.result["label_name"])
    up, down = colour_words(row.view)
    told = [f"{_square(FOR)} {up} **{name}**", f"{_square(AGAINST)} {down} it"]
    if row.stability is not None:
        told.append(f"— ± 1 standard deviation over {row.pools} pools")
        told += [f"{_square(EXACT, '|')} without sampling noise"] if row.stability["exact"] is not None else []
    return " &nbsp; ".join(told)


def _square(colour: str, mark: str = "■") -> str:
    return f':color[{mark}]{{foreground="{colour}"}}'


def _top(features: int) -> int:
    options = [top for top in (5, 10, 20) if top < features]
    if not options:
        return features
    chosen = st.segmented_control(
        "Bars shown",
        [*options, features],
        default=min(features, 10) if 10 in options else features,
        format_func=lambda top: "all" if top == features else str(top),
        key="top-bars",
        required=True,
    )
    return int(chosen or features)


def _figures(row: RowContext) -> None:
    result = row.view.result
    with st.grid(5, min_column_width=70, gap="xsmall"):
        st.metric(
            "Model",
            _number(result["prediction"]),
            help="The model's own prediction for this row (and for this class, where there are classes).",
        )
        st.metric(
            "Surrogate",
            _number(result["local_prediction"]),
            help=(
                "The prediction of LIME's linear surrogate at this row. If it is close to the model's, "
                "the explanation fits here."
            ),
        )
        st.metric("Fit", _number(row.view.fit), help=FIT.rule)
        st.metric("Local R²", _number(result["score"]), help=f"lime's own measure, low for most rows: {LOW_R2}")
        st.metric(
            "Intercept",
            _number(result["intercept"]),
            help="The surrogate's value where no condition holds; the weights add to it.",
        )


def _classes(row: RowContext, probabilities: Sequence[float]) -> None:
    view = row.view
    names = row.tables.dataset.class_names or ()
    st.markdown("**Class probabilities**")
    classes = classes_frame(names, probabilities, int(view.result["label"]), MOST_CLASSES)
    draw(
        probabilities_chart(classes),
        alt=f"Class probabilities of row {view.row_id}",
        key="classes",
    )
    if len(names) > MOST_CLASSES:
        st.caption(f"{count(len(names) - MOST_CLASSES, 'less probable class', 'less probable classes')} not shown")


def _number(value: float | None) -> str:
    return "unknown" if value is None else number(value)
