"""Two to five rows side by side, their explanations on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from sparklime_core.charts.weights import comparison_frame, rows_comparison_chart
from sparklime_core.dashboard.row_panel.trust import COLOURS
from sparklime_core.dashboard.shared import columns, session_state
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, show_error
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.dashboard.shared.run_cache import (
    explanations_of,
    inputs_of,
    shared_scale,
    what_if_of,
)
from sparklime_core.explain.trust import FIT
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.row_view import RowView, view_row
from sparklime_core.runs.run import Run

TOP = 12
"""Features with a line of their own in the chart."""


@dataclass(frozen=True)
class Compared:
    """A row of the comparison, and its explanation of the class for which all rows are compared."""

    view: RowView
    explanation: Sequence[dict[str, Any]]

    @property
    def name(self) -> str:
        """Name in the chart and the table."""
        return f"Row {self.view.row_id}"


def comparison(run: Run, rows: Sequence[int]) -> None:
    """Draw the comparison of rows of a run."""
    inputs = inputs_of(run)
    views = [view for row in rows if (view := _view(run, inputs, row)) is not None]
    explained = [view for view in views if view.result["error"] is None]
    _row_cards(run, inputs, rows, views)
    if len(explained) < 2:
        st.info("A comparison needs at least two explained rows.", icon=":material/compare_arrows:")
        return
    label = _label(inputs, explained)
    compared = _explained_for(run, inputs, explained, label)
    names = [row.name for row in compared]
    largest = shared_scale(run, TOP)
    lines = comparison_frame([(row.name, row.explanation) for row in compared], TOP)
    draw(
        rows_comparison_chart(lines, names, largest),
        alt=f"Weights of rows {', '.join(str(row.view.row_id) for row in compared)}, on one scale",
        key="comparison",
    )
    _values_table([row.view for row in compared], [row.explanation for row in compared])


def _view(run: Run, inputs: Inputs, row: int) -> RowView | None:
    results = explanations_of(run, row)
    return view_row(results, inputs.dataset, inputs.test_rows, None) if results else None


def _label(inputs: Inputs, views: Sequence[RowView]) -> int:
    """Draw the choice of the class: weights of different classes are on different scales."""
    classes = inputs.dataset.class_names
    if classes is None:
        return 0
    first = int(views[0].result["label"])
    label = st.selectbox(
        "Weights for the class",
        range(len(classes)),
        index=first,
        format_func=classes.__getitem__,
        key=f"compared-label-{first}",
        help="All rows are explained for this class, including rows that the model predicts as another class.",
    )
    return first if label is None else int(label)


def _explained_for(run: Run, inputs: Inputs, views: Sequence[RowView], label: int) -> list[Compared]:
    """Return the rows' explanations of one class: stored ones, or computed now by the run's engine."""
    stored = {view.row_id: _stored(run, view.row_id, label) for view in views}
    missing = [row for row, explanation in stored.items() if explanation is None]
    if missing:
        answers = what_if_of(run).explain(inputs.dataset.features[missing].astype(np.float64), label)
        for row, answer in zip(missing, answers, strict=True):
            stored[row] = answer.result["explanation"] or []
    return [Compared(view, stored[view.row_id] or []) for view in views]


def _stored(run: Run, row: int, label: int) -> list[dict[str, Any]] | None:
    results = explanations_of(run, row)
    return next((result["explanation"] for result in results if result["label"] == label), None)


def _row_cards(run: Run, inputs: Inputs, rows: Sequence[int], views: Sequence[RowView]) -> None:
    """Draw a card per row: the model's prediction, and the button that removes the row."""
    found = {view.row_id: view for view in views}
    with st.grid(max(len(rows), 1), min_column_width=200, gap="small"):
        for row in rows:
            with st.container(border=True, height="stretch"):
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.page_link(
                        ROWS,
                        label=f"Row {row}",
                        icon=":material/troubleshoot:",
                        query_params={"run": run.id, "row": str(row), "compare": "-".join(map(str, rows))},
                    )
                    st.button(
                        "Remove",
                        key=f"take-away-{row}",
                        icon=":material/close:",
                        type="tertiary",
                        help="Remove this row from the comparison",
                        on_click=session_state.compare,
                        args=([other for other in rows if other != row],),
                    )
                if row in found:
                    _card(inputs, found[row])
                else:
                    st.caption("This row has no explanation in this run (yet).")


def _card(inputs: Inputs, view: RowView) -> None:
    if view.result["error"] is not None:
        show_error(f"This row could not be explained: {view.result['error']}.")
        return
    predicted, truth = plain(view.predicted), plain(view.truth or "unknown")
    if inputs.dataset.class_names is None:
        st.markdown(f"Predicted **{predicted}**, true value **{truth}**")
    else:
        st.markdown(f"**{predicted}** ({view.result['prediction']:.2f}), true class **{truth}**")
    words, colour = fit_badge(view.fit)
    with st.container(horizontal=True, gap="xsmall"):
        if view.right is not None:
            st.badge("right" if view.right else "wrong", color="green" if view.right else "red")
        st.badge(f"{words}, {view.fit:.2f}", color=colour)  # type: ignore[arg-type]


def _values_table(rows: Sequence[RowView], explanations: Sequence[Sequence[dict[str, Any]]]) -> None:
    """List the rows' values, strongest weights first, and mark those that differ."""
    strongest: dict[str, float] = {}
    for explanation in explanations:
        for entry in explanation:
            strongest[entry["feature"]] = max(strongest.get(entry["feature"], 0.0), abs(entry["weight"]))
    names = sorted(rows[0].values, key=lambda name: -strongest.get(name, 0.0))
    frame = pd.DataFrame({"feature": names})
    for row in rows:
        frame[f"Row {row.row_id}"] = [row.values[name] for name in names]
    frame.insert(1, "differ", [len({row.values[name] for row in rows}) > 1 for name in names])
    st.dataframe(
        frame,
        hide_index=True,
        height=min(38 + 35 * len(frame), 420),
        column_config={
            "feature": columns.FEATURE,
            "differ": st.column_config.CheckboxColumn("Differ", width=60, help="Do the rows' values differ?"),
        },
        alt="Values of the compared rows, strongest weights first",
    )


def fit_badge(fit: float | None) -> tuple[str, str]:
    """Return how good a fit is by `explain.trust.FIT`: words, and the colour of a badge."""
    if fit is None:
        return "fit unknown", "gray"
    level = FIT.level(fit)
    return f"{level} local fit", COLOURS[level]
