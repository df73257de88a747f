"""SHAP beside LIME: the same features of a row by both methods, how far they agree, and why they may differ."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from sparklime_core.charts.row_comparison import rows_comparison_chart
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.shap_facts import SAMPLED_RUN, lime_parts_of, shap_of, shap_values_of
from sparklime_core.dashboard.row_panel.shap_words import (
    FIRST_HELP,
    NAMES,
    RANK_HELP,
    SIGN_HELP,
    WHY,
    agreement_words,
    shares,
    shares_frame,
    units_words,
    values_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.text import count, number, plain
from sparklime_core.errors import SparkLimeError
from sparklime_core.runs.row_view import colour_words
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.shap_agreement import Agreement
    from sparklime_core.explain.shap_values import ShapValues
    from sparklime_core.explain.types import FloatArray

TOP = 10
"""Features with a line of their own."""

AXIS = "Share of all that a method gives to the features"


@dataclass(frozen=True)
class _Both:
    """A row by both methods, (d,) each: LIME's parts, NaN where it names no feature, and SHAP's values."""

    lime: "FloatArray"
    shap: "FloatArray"
    base: float


def draw_shap(row: RowContext) -> None:
    """Draw both methods' values of a row, and how far they agree."""
    with shown_errors():
        found = offered_values(row.run, (row.view.row_id,), (int(row.view.result["label"]),))
        if found is None:
            return
        both = _Both(_lime(row), found.values[0], float(found.base[0]))
        _agreement(both)
        _chart(row, both)
        _table(row, both)


def is_sampled(run: Run) -> bool:
    """Return whether the person has asked for SHAP values from mixtures of rows."""
    return bool(st.session_state.get(SAMPLED_RUN) == run.id)


def offered_values(run: Run, row_ids: tuple[int, ...], labels: tuple[int, ...]) -> "ShapValues | None":
    """Return the SHAP values of rows, each of its own label.

    Where the model's trees give none, or of another output, the page says so, and offers to ask the model itself.
    None: there are none until the person takes the offer.
    """
    sampled = is_sampled(run)
    try:
        found = shap_values_of(run, row_ids, labels, sampled)
    except SparkLimeError as error:
        if sampled:
            raise
        st.info(plain(error), icon=":material/hourglass_empty:")
        _offer(run)
        return None
    words = units_words(run.output, shap_of(run, sampled).output, run.facts.is_regression)
    if words is not None:
        st.caption(words)
        _offer(run)
    return found


def _offer(run: Run) -> None:
    st.button(
        "Ask the model",
        icon=":material/calculate:",
        key=f"shap-sampled-{run.id}",
        help="SHAP values of the very output that LIME explains, from thousands of predictions of the model for "
        "each row: mixtures of the row with some rows of the table.",
        on_click=lambda: st.session_state.update({SAMPLED_RUN: run.id}),
    )


def _lime(row: RowContext) -> "FloatArray":
    names = list(row.inputs.dataset.feature_names)
    weights = np.full((1, len(names)), np.nan)
    for entry in row.view.result["explanation"]:
        weights[0, names.index(entry["feature"])] = entry["weight"]
    found: FloatArray = lime_parts_of(row.run, weights, (row.view.row_id,))[0]
    return found


def _agreement(both: _Both) -> None:
    from sparklime_core.explain.shap_agreement import agreement  # noqa: PLC0415 - imports lime

    found: Agreement = agreement(both.lime, both.shap)
    with st.grid(3, min_column_width=90, gap="xsmall"):
        st.metric("Same sign", f"{found.same_sign} of {found.named}", help=SIGN_HELP)
        st.metric("Same order", "unknown" if found.rank is None else f"{found.rank:.2f}", help=RANK_HELP)
        st.metric(f"First {found.first}", f"{found.shared} of {found.first}", help=FIRST_HELP)
    st.markdown(agreement_words(found))
    st.caption(WHY)


def _chart(row: RowContext, both: _Both) -> None:
    names = list(row.inputs.dataset.feature_names)
    texts = {entry["feature"]: entry["feature_explanation"] for entry in row.view.result["explanation"]}
    lines = shares_frame(names, shares(both.lime), shares(both.shap), texts, TOP)
    draw(
        rows_comparison_chart(lines, NAMES, 0.0, axis=AXIS),
        alt=f"LIME beside SHAP for {count(lines['order'].nunique(), 'feature')} of row {row.view.row_id}",
        key="lime-shap",
    )
    up, down = colour_words(row.view)
    name = plain(row.view.result["label_name"])
    st.caption(f"Right of the line {up} **{name}**, left of it {down} it. Each method's sizes add up to 1.")


def _table(row: RowContext, both: _Both) -> None:
    end = both.base + float(both.shap.sum())
    how = shap_of(row.run, is_sampled(row.run)).how
    st.caption(f"SHAP's values lead from the average {number(both.base)} to this row's {number(end)}, {how}.")
    st.dataframe(
        values_frame(list(row.inputs.dataset.feature_names), row.view.values, both.lime, both.shap),
        hide_index=True,
        column_config={
            "feature": columns.FEATURE,
            "value": "Value",
            "lime": columns.weight("LIME", help="LIME's weight; empty where the explanation leaves it out."),
            "shap": columns.weight("SHAP", help="SHAP's value: its part of the way from the average prediction."),
        },
        alt=f"LIME's weight and SHAP's value of each feature of row {row.view.row_id}",
    )
