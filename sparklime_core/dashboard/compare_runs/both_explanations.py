"""A row's explanations by two runs, on one scale."""

import streamlit as st

from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.dashboard.shared.run_cache import explanations_of, inputs_of
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.runs.row_view import most_probable
from sparklime_core.runs.run import Run

SHOWN = 8
"""Bars of each explanation."""


def both_explanations(first: Run, second: Run, row: int) -> None:
    """Draw a row's explanation by each run, on one scale."""
    st.markdown(f"## Row {row}")
    both = [most_probable(explanations_of(run, row)) for run in (first, second)]
    largest = max((abs(entry["weight"]) for result in both for entry in result["explanation"] or ()), default=0.0)
    dataset = inputs_of(first).dataset
    values = dataset.values_of(row)
    for words, run, result in zip(("First run", "Second run"), (first, second), both, strict=True):
        with st.container(border=True):
            st.markdown(f"**{words}**: {plain(result['label_name'])}, local R² {result['score']:.2f}")
            draw(
                weights_chart(fold_weights(result["explanation"], values, SHOWN), largest),
                alt=f"Weights of row {row} in the {words.lower()}",
                key=f"weights-{words}",
            )
            st.page_link(
                ROWS,
                label="Open this row in the run",
                icon=":material/troubleshoot:",
                query_params={"run": run.id, "row": str(row)},
            )
