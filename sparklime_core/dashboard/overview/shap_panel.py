"""The panel of SHAP: how often LIME and SHAP agree over a sample of the rows, and on which features."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from sparklime_core.charts.weights import rows_comparison_chart
from sparklime_core.dashboard.overview.panel_parts import RunTotals, of_all, panel_head, row_link
from sparklime_core.dashboard.row_panel.shap_panel import (
    compares_signs,
    is_sampled,
    lime_parts_of,
    offered_values,
    shap_of,
)
from sparklime_core.dashboard.row_panel.shap_words import (
    FIRST_HELP,
    NAMES,
    RANK_HELP,
    SIGN_HELP,
    WHY,
    agreed_rows,
    agreement_figures,
    shares,
    shares_frame,
)
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.errors import SparkLimeError
from sparklime_core.runs.query.weights import RowSample
from sparklime_core.wording import count

if TYPE_CHECKING:
    from sparklime_core.explain.types import FloatArray

TOP = 12
UNLIKE = 5
FEW_ROWS = 20
"""Of fewer rows, unless the run has no more, it is not said how often the methods agree."""

AXIS = "Mean share of all that a method gives to the features"
HELP = (
    "Each row's explanation beside its SHAP values, for the same class. The shares are of sizes, whatever the "
    "sign; each method's add up to 1 in every row."
)


def shap_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    panel_head("SHAP beside LIME", "How often do the two methods name the same reasons?", HELP)
    with shown_errors():
        sample = scope.sample()
        most = _most_rows(scope)
        ids = tuple(int(row) for row in sample.rows["row_id"].iloc[:most])
        found = offered_values(scope.run, ids, _labels(scope, sample, len(ids)))
        if found is None:
            return
        lime = lime_parts_of(scope.run, sample.weights[: len(ids)], ids)
        signs = compares_signs(scope.run)
        agreed = agreed_rows(ids, lime, found.values, signs)
        if len(ids) < min(FEW_ROWS, scope.totals().rows):
            st.info(
                f"SHAP takes long for this model: {count(len(ids), 'row')} compared, too few to count how often "
                "the methods agree. With a smaller model there are more.",
                icon=":material/hourglass_empty:",
            )
        else:
            _figures(agreed, signs)
        how = shap_of(scope.run, is_sampled(scope.run)).how
        st.caption(f"{of_all(sample, scope.totals().rows, len(ids))}. SHAP's values are {how}. {WHY}")
        left, right = st.columns([11, 10], gap="medium")
        with left:
            _features(scope, lime, found.values)
        with right:
            _unlike(scope, agreed, signs)


def _most_rows(scope: RunTotals) -> int:
    """Return how many rows get SHAP values in a reasonable time; 1 if none can be computed."""
    try:
        return shap_of(scope.run, is_sampled(scope.run)).most_rows
    except SparkLimeError:
        return 1


def _labels(scope: RunTotals, sample: RowSample, rows: int) -> tuple[int, ...]:
    label = scope.explained.label
    if label is not None:
        return (label,) * rows
    return tuple(int(predicted) for predicted in sample.rows["label"].iloc[:rows])


def _figures(agreed: pd.DataFrame, signs: bool) -> None:
    figures = agreement_figures(agreed)
    with st.grid(4, min_column_width=110, gap="xsmall"):
        st.metric("Same first three", figures.same_first, help=FIRST_HELP)
        st.metric("Of them in common", figures.in_common, help=FIRST_HELP)
        if signs:
            st.metric("Same sign", figures.same_sign, help=SIGN_HELP)
        st.metric("Same order", figures.same_order, help=RANK_HELP)


def _features(scope: RunTotals, lime: "FloatArray", shap: "FloatArray") -> None:
    means = [np.abs(shares(values)).mean(axis=0) for values in (lime, shap)]
    lines = shares_frame(scope.names, means[0], means[1], {}, TOP)
    draw(
        rows_comparison_chart(lines, NAMES, 0.0, axis=AXIS, signed=False),
        alt=f"Mean shares of {count(lines['order'].nunique(), 'feature')} by LIME and by SHAP",
        key="overview-shap",
    )


def _unlike(scope: RunTotals, agreed: pd.DataFrame, signs: bool) -> None:
    panel_head("Rows that differ", "For which rows do they agree least?", HELP)
    for row in agreed.head(UNLIKE).to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            row_link(scope, int(row["row_id"]))
            words = f"{row['shared']} of the first {row['first']} in common"
            if signs:
                words += f", same sign in {row['same_sign']} of {row['named']}"
            st.caption(plain(words), width="content")
