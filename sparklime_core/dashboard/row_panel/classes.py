"""All classes of a row: how probable each is, how well each is explained, and what speaks for which."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.classes import classes_comparison_chart
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared import columns, session_state
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.session_state import clicked_row

MOST_CLASSES = 8
MOST_FEATURES = 12


def draw_classes(row: RowContext) -> None:
    """List the classes, and compare the explanations of those that have one."""
    explained = {result["label"]: result for result in row.results if result["explanation"] is not None}
    frame = _frame(row)
    key = f"classes-{row.view.row_id}-{row.view.result['label']}"

    def choose() -> None:
        clicked = clicked_row(st.session_state[key].selection.rows, list(frame["label"]))
        if clicked in explained:
            session_state.choose_label(clicked)

    st.dataframe(
        frame,
        hide_index=True,
        on_select=choose,
        selection_mode="single-row",
        key=key,
        column_config={
            "label": None,
            "name": st.column_config.TextColumn("Class"),
            "probability": st.column_config.ProgressColumn("Probability", format="%.3f", min_value=0, max_value=1),
            "surrogate": st.column_config.NumberColumn("Surrogate", format="%.3f"),
            "score": columns.score(help="Local R² of the class's explanation"),
        },
        alt=f"Classes of row {row.view.row_id}; select an explained one to look at it",
    )
    if len(explained) < 2:
        st.caption(
            "Only one class of this row is explained. To compare classes here, explain all of them (on "
            "the Explain page, or with `--labels all`)."
        )
        return
    order = [int(label) for label in frame["label"] if label in explained]
    cells = compared_classes([explained[label] for label in order], MOST_CLASSES, MOST_FEATURES)
    draw(classes_comparison_chart(cells), alt="Weights of the strongest conditions by class", key="compared")


def _frame(row: RowContext) -> pd.DataFrame:
    """Return a line per class, the most probable first."""
    names = row.tables.dataset.class_names or ()
    by_label = {result["label"]: result for result in row.results}
    known: Sequence[float | None] = row.probabilities or [None] * len(names)
    lines = [
        (
            label,
            name,
            known[label],
            by_label[label]["local_prediction"] if label in by_label else None,
            by_label[label]["score"] if label in by_label else None,
        )
        for label, name in enumerate(names)
    ]
    columns = ["label", "name", "probability", "surrogate", "score"]
    frame = pd.DataFrame(lines, columns=columns).astype(dict.fromkeys(columns[2:], "float64"))
    return frame.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def compared_classes(results: Sequence[Mapping[str, Any]], classes: int, features: int) -> pd.DataFrame:
    """Return the weights of a row's explanations of several classes, for `classes_comparison_chart`.

    Parameters
    ----------
    results
        Explained (row, label) pairs of one row, in the order in which they are to be shown.
    classes, features
        How many of the first classes, and of the conditions that are strongest in any of them, are kept.
    """
    kept = results[:classes]
    weights = [
        (entry["feature_explanation"], abs(entry["weight"])) for result in kept for entry in result["explanation"]
    ]
    strongest = pd.DataFrame(weights, columns=["text", "weight"]).groupby("text")["weight"].max()
    order = list(strongest.sort_values(ascending=False, kind="stable").index[:features])
    cells = [
        (
            str(result["label_name"]),
            place,
            entry["feature_explanation"],
            order.index(entry["feature_explanation"]),
            entry["weight"],
        )
        for place, result in enumerate(kept)
        for entry in result["explanation"]
        if entry["feature_explanation"] in order
    ]
    return pd.DataFrame(cells, columns=["name", "class_order", "text", "order", "weight"])
