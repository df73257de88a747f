"""What the panels of the overview share: their heads, how many features they show, and the way to a row."""

import pandas as pd
import streamlit as st

from sparklime_core.charts.palette import AGAINST, FOR
from sparklime_core.dashboard.overview.run_totals import RunTotals
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.dashboard.shared.text import count, number, plain
from sparklime_core.runs.query.row_sample import RowSample

FEATURES = 12
"""Features that are shown at first."""


def panel_head(title: str, question: str, explained: str) -> None:
    """Draw a panel's title with its help, and the question that it answers."""
    st.markdown(f"## {title}", help=explained)
    st.caption(question)


def features_shown(total: int, key: str, most: int | None = None) -> int:
    """Let the person choose how many of the strongest features to show."""
    total = min(total, most or total)
    options = [number for number in (6, FEATURES, 24) if number < total]
    if not options:
        return total
    usual = FEATURES if FEATURES in options else total
    chosen = st.segmented_control(
        "Features shown",
        [*options, total],
        default=usual,
        format_func=lambda number: f"all {number}" if number == total and most is None else str(number),
        key=key,
        required=True,
    )
    return int(chosen or usual)


def legend(scope: RunTotals) -> str:
    """Say what the two colours mean, in Markdown."""
    classes, label = scope.manifest.data.class_names, scope.explained.label
    up, down = ("raises", "lowers") if classes is None else ("speaks for", "speaks against")
    if classes is None:
        name = plain(scope.manifest.data.target)
    else:
        name = "the class" if label is None else plain(classes[label])
    return f"{square(FOR)} {up} **{name}** &nbsp; {square(AGAINST)} {down} it"


def square(colour: str) -> str:
    """Return a coloured square, in Markdown."""
    return f':color[■]{{foreground="{colour}"}}'


def of_all(sample: RowSample, rows: int, shown: int | None = None) -> str:
    """Say how many rows a picture shows of how many."""
    drawn = len(sample) if shown is None else shown
    if drawn == rows:
        return f"All {count(rows, 'row')}" if rows > 1 else "The only row"
    return f"{drawn:,} of {count(rows, 'row')}, a random sample, the same every time"


def row_line(scope: RunTotals, sample: RowSample, place: int, words: str = "") -> None:
    """Show a row of the sample in a line that leads to it."""
    row = sample.rows.iloc[place]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row_link(scope, int(row["row_id"]))
        st.caption(plain(_facts(scope, sample, place)) + words, width="content")


def row_link(scope: RunTotals, row_id: int) -> None:
    """Draw a link to a row on its page."""
    query = {"run": scope.run.id, "row": str(row_id)}
    st.page_link(
        ROWS, label=f"Row {row_id}", icon=":material/troubleshoot:", query_params=query, help="Open this row"
    )


def _facts(scope: RunTotals, sample: RowSample, place: int) -> str:
    row = sample.rows.iloc[place]
    classes = scope.manifest.data.class_names
    if classes is None:
        facts = [f"predicted {number(float(row['prediction']))}"]
    else:
        facts = [f"{classes[int(row['label'])]} {float(row['prediction']):.2f}"]
        if not pd.isna(row["wrong"]):
            facts.append("wrong" if row["wrong"] else "right")
    return " · ".join([*facts, f"R² {float(row['score']):.2f}"])
