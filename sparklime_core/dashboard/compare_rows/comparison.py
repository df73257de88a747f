"""Two to five rows side by side, their explanations on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from sparklime_core.charts.row_comparison import comparison_frame, rows_comparison_chart
from sparklime_core.dashboard.compare_rows.row_cards import row_cards
from sparklime_core.dashboard.compare_rows.values_table import values_table
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.run_cache import (
    explanations_of,
    inputs_of,
    shared_scale,
    what_if_of,
)
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.row_view import RowView, view_row
from sparklime_core.runs.run import Run

TOP = 12
"""Features with a line of their own in the chart."""


@dataclass(frozen=True)
class Compared:
    """A row of the comparison: as it was explained, and its explanation of the class that all are compared by."""

    view: RowView
    explanation: Sequence[dict[str, Any]]

    @property
    def name(self) -> str:
        """What the chart and the table call it."""
        return f"Row {self.view.row_id}"


def comparison(run: Run, rows: Sequence[int]) -> None:
    """Draw the comparison of rows of a run."""
    inputs = inputs_of(run)
    views = [view for row in rows if (view := _view(run, inputs, row)) is not None]
    explained = [view for view in views if view.result["error"] is None]
    row_cards(run, inputs, rows, views)
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
    values_table([row.view for row in compared], [row.explanation for row in compared])


def _view(run: Run, inputs: Inputs, row: int) -> RowView | None:
    results = explanations_of(run, row)
    return view_row(results, inputs.dataset, inputs.test_rows, None) if results else None


def _label(inputs: Inputs, views: Sequence[RowView]) -> int:
    """Let a person choose the class whose explanations are compared: weights of two classes have no one scale."""
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
    """Return the rows' explanations of one class: the stored ones, and the others made now by the run's engine."""
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
