"""SHAP next to LIME: the same features of a row by both methods, how far they agree, and why they may differ."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from sparklime_core.charts.weights import rows_comparison_chart
from sparklime_core.dashboard.row_panel.context import RowContext, explainer_of
from sparklime_core.dashboard.row_panel.shap_words import (
    FIRST_HELP,
    NAMES,
    RANK_HELP,
    SIGN_HELP,
    WHY,
    agreement_words,
    shares,
    shares_frame,
    signs_compare,
    units_words,
    values_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.run_cache import inputs_of, keep
from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.runs.row_view import colour_words
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, number

if TYPE_CHECKING:
    from sparklime_core.explain.shap_agreement import Agreement
    from sparklime_core.explain.shap_values import ShapExplainer, ShapValues
    from sparklime_core.explain.types import FloatArray

SAMPLED_RUN = "shap-sampled-run"
"""Key of the run whose SHAP values this session has computed from predictions of mixtures."""

TOP = 10
"""Features with a line of their own."""

WEIGHT_HELP = (
    "LIME's weight; empty where the explanation leaves it out. The weight of a number without bins is a slope: "
    "the chart and the figures take it times the value's distance from the mean, in standard deviations."
)
AXIS = "Share of all that a method gives to the features"


@partial(keep, spinner="Getting ready for SHAP values, once for this run …")
def shap_of(run: Run, sampled: bool) -> "ShapExplainer":
    """Return what gives SHAP values: by the model's trees, or from mixtures of rows, for the run's output."""
    from sparklime_core.explain.shap_values import sampled_shap, tree_shap  # noqa: PLC0415 - imports lime

    inputs = inputs_of(run)
    table = inputs.learnt_from
    if not sampled:
        return tree_shap(inputs.estimator, table.mode, table.features)
    return sampled_shap(inputs.estimator, table.features[table.labelled], table.mode, run.output)


@partial(keep, entries=64, spinner="Computing SHAP values …")
def shap_values_of(run: Run, row_ids: tuple[int, ...], labels: tuple[int, ...], sampled: bool) -> "ShapValues":
    """Return the SHAP values of rows of a run, each of its own label."""
    rows = inputs_of(run).dataset.features[list(row_ids)].astype(np.float64)
    return shap_of(run, sampled).explain(rows, np.array(labels, dtype=np.int64))


def lime_parts_of(run: Run, weights: "FloatArray", row_ids: tuple[int, ...]) -> "FloatArray":
    """Return LIME's part of each feature, to compare with SHAP's; see `lime_parts`."""
    from sparklime_core.explain.shap_agreement import lime_parts  # noqa: PLC0415 - imports lime

    return lime_parts(explainer_of(run), weights, inputs_of(run).dataset.features[list(row_ids)])


@dataclass(frozen=True)
class _Both:
    """A row by both methods, (d,) each: LIME's weights and parts, NaN where it names no feature; SHAP's values."""

    weights: "FloatArray"
    lime: "FloatArray"
    shap: "FloatArray"
    base: float


def draw_shap(row: RowContext) -> None:
    """Draw both methods' values of a row, and how far they agree."""
    with shown_errors():
        found = offered_values(row.run, (row.view.row_id,), (int(row.view.result["label"]),))
        if found is None:
            return
        weights = _weights(row)
        lime = lime_parts_of(row.run, weights[None], (row.view.row_id,))[0]
        both = _Both(weights, lime, found.values[0], float(found.base[0]))
        _agreement(row, both)
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
        if sampled or isinstance(error, RunError):
            raise
        st.info(plain(error), icon=":material/hourglass_empty:")
        _offer(run)
        return None
    words = units_words(run.output, shap_of(run, sampled).output, _classes(run))
    if words is not None:
        st.caption(words)
        _offer(run)
    return found


def compares_signs(run: Run) -> bool:
    """Return whether the same sign means the same in a run's explanations and in their SHAP values."""
    return signs_compare(run.output, shap_of(run, is_sampled(run)).output, _classes(run))


def _classes(run: Run) -> int:
    return len(run.facts.class_names or ())


def _offer(run: Run) -> None:
    st.button(
        "Ask the model",
        icon=":material/calculate:",
        key=f"shap-sampled-{run.id}",
        help="SHAP values of the very output that LIME explains, from thousands of predictions of the model for "
        "each row: mixtures of the row with some rows of the table.",
        on_click=lambda: st.session_state.update({SAMPLED_RUN: run.id}),
    )


def _weights(row: RowContext) -> "FloatArray":
    names = list(row.tables.dataset.feature_names)
    weights = np.full(len(names), np.nan)
    for entry in row.view.result["explanation"]:
        weights[names.index(entry["feature"])] = entry["weight"]
    return weights


def _agreement(row: RowContext, both: _Both) -> None:
    from sparklime_core.explain.shap_agreement import agreement  # noqa: PLC0415 - imports lime

    found: Agreement = agreement(both.lime, both.shap)
    signs = compares_signs(row.run)
    with st.grid(3, min_column_width=90, gap="xsmall"):
        if signs:
            st.metric("Same sign", f"{found.same_sign} of {found.named}", help=SIGN_HELP)
        st.metric("Same order", "unknown" if found.rank is None else f"{found.rank:.2f}", help=RANK_HELP)
        st.metric(f"First {found.first}", f"{found.shared} of {found.first}", help=FIRST_HELP)
    st.markdown(agreement_words(found, signs))
    st.caption(WHY)


def _chart(row: RowContext, both: _Both) -> None:
    names = list(row.tables.dataset.feature_names)
    texts = {entry["feature"]: entry["feature_explanation"] for entry in row.view.result["explanation"]}
    lines = shares_frame(names, shares(both.lime), shares(both.shap), texts, TOP)
    draw(
        rows_comparison_chart(lines, NAMES, 0.0, axis=AXIS),
        alt=f"LIME beside SHAP for {count(lines['order'].nunique(), 'feature')} of row {row.view.row_id}",
        key="lime-shap",
    )
    up, down = colour_words(row.view)
    name = plain(row.view.result["label_name"])
    sides = f"Right of the line {up} **{name}**, left of it {down} it."
    if not compares_signs(row.run):
        sides = f"By LIME: {sides[:1].lower()}{sides[1:]} By SHAP, right of it raises the raw score of **{name}**."
    st.caption(f"{sides} Each method's sizes add up to 1.")


def _table(row: RowContext, both: _Both) -> None:
    end = both.base + float(both.shap.sum())
    how = shap_of(row.run, is_sampled(row.run)).how
    st.caption(f"SHAP's values lead from the average {number(both.base)} to this row's {number(end)}, {how}.")
    st.dataframe(
        values_frame(list(row.tables.dataset.feature_names), row.view.values, both.weights, both.shap),
        hide_index=True,
        column_config={
            "feature": columns.FEATURE,
            "value": "Value",
            "lime": columns.weight("LIME", help=WEIGHT_HELP),
            "shap": columns.weight("SHAP", help="SHAP's value: its part of the way from the average prediction."),
        },
        alt=f"LIME's weight and SHAP's value of each feature of row {row.view.row_id}",
    )
