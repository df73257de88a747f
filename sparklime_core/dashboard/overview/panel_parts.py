"""What the panels of the overview share: their subject, `RunTotals`, their heads, and the way to a row."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st

from sparklime_core.charts.colours import AGAINST, FOR
from sparklime_core.dashboard.shared.elements import coloured
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.dashboard.shared.run_cache import encoding_of, remember
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query import weights
from sparklime_core.runs.query.weights import RowSample, Totals, WeightLabel, sample_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.weight_statistics import Groups, group_rows
from sparklime_core.wording import count, number

FEATURES = 12
"""Features that are shown at first."""


@dataclass(frozen=True)
class RunTotals:
    """Subject of an overview: the rows of a run that pass a filter, explained for a label.

    Attributes
    ----------
    run, manifest
        The run.
    wanted
        The filter; its order is the usual one.
    explained
        The label.
    """

    run: Run
    manifest: Manifest
    wanted: RowFilter
    explained: WeightLabel

    @classmethod
    def of(cls, run: Run, manifest: Manifest, wanted: RowFilter, explained: WeightLabel) -> "RunTotals":
        """Return it for the results that are there now."""
        usual = RowFilter()
        unordered = replace(
            wanted, order=usual.order, descending=usual.descending, order_feature=usual.order_feature
        )
        return cls(run, manifest, unordered, explained)

    @property
    def regression(self) -> bool:
        """Whether the model predicts a number."""
        return self.manifest.data.is_regression

    @property
    def names(self) -> list[str]:
        """Names of the features, in the table's order."""
        return list(self.manifest.data.features)

    @property
    def features(self) -> tuple[Feature, ...]:
        """How the features are encoded."""
        return encoding_of(self.run).features

    def totals(self, wanted: RowFilter | None = None, explained: WeightLabel | None = None) -> Totals:
        """Return the summed weights; of another filter or label, where one is given."""
        return _weight_totals(self.run, wanted or self.wanted, explained or self.explained)

    def sample(self) -> RowSample:
        """Return a sample of the rows."""
        return _sample_rows(self.run, self.wanted, self.explained)

    def groups(self, count: int | None) -> Groups:
        """Return the sample in groups."""
        return _group_rows(self.run, self.wanted, self.explained, count)

    def quantile(self, column: Literal["prediction", "distance"], share: float) -> float | None:
        """Return a quantile of the rows' ``prediction`` or ``distance``; None without any."""
        return _row_quantile(self.run, self.wanted, column, share)


labels_explained = remember(weights.labels_explained)
_weight_totals = remember(weights.weight_totals, entries=128, spinner="Summing the weights of all rows …")
_sample_rows = remember(sample_rows, entries=16, spinner="Drawing a sample of the rows …")
_row_quantile = remember(weights.row_quantile)


@partial(remember, entries=32, spinner="Grouping the rows …")
def _group_rows(run: Run, wanted: RowFilter, explained: WeightLabel, count: int | None) -> Groups:
    return group_rows(_sample_rows(run, wanted, explained).filled, count)


def panel_head(title: str, question: str, explained: str) -> None:
    """Draw a panel's title with its help, and the question that it answers."""
    st.markdown(f"## {title}", help=explained)
    st.caption(question)


def features_shown(total: int, key: str, most: int | None = None) -> int:
    """Draw the choice of how many of the strongest features are shown; return it."""
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
    """Return the meaning of the two colours, in Markdown."""
    classes, label = scope.manifest.data.class_names, scope.explained.label
    up, down = ("raises", "lowers") if classes is None else ("speaks for", "speaks against")
    if classes is None:
        name = plain(scope.manifest.data.target)
    else:
        name = "the class" if label is None else plain(classes[label])
    return f"{coloured(FOR)} {up} **{name}** &nbsp; {coloured(AGAINST)} {down} it"


def of_all(sample: RowSample, rows: int, shown: int | None = None) -> str:
    """Return how many of all rows a chart shows, in words."""
    drawn = len(sample) if shown is None else shown
    if drawn == rows:
        return f"All {count(rows, 'row')}" if rows > 1 else "The only row"
    return f"{drawn:,} of {count(rows, 'row')}, a random sample, the same every time"


def row_line(scope: RunTotals, sample: RowSample, place: int, words: str = "") -> None:
    """Show a row of the sample in a line that leads to it."""
    row = sample.rows.iloc[place]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        row_link(scope, int(row["row_id"]))
        st.caption(plain(_row_facts(scope, sample, place)) + words, width="content")


def row_link(scope: RunTotals, row_id: int) -> None:
    """Draw a link to a row on its page."""
    query = {"run": scope.run.id, "row": str(row_id)}
    st.page_link(
        ROWS, label=f"Row {row_id}", icon=":material/troubleshoot:", query_params=query, help="Open this row"
    )


def _row_facts(scope: RunTotals, sample: RowSample, place: int) -> str:
    row = sample.rows.iloc[place]
    classes = scope.manifest.data.class_names
    if classes is None:
        facts = [f"predicted {number(float(row['prediction']))}"]
    else:
        facts = [f"{classes[int(row['label'])]} {float(row['prediction']):.2f}"]
        if not pd.isna(row["wrong"]):
            facts.append("wrong" if row["wrong"] else "right")
    return " · ".join([*facts, f"R² {float(row['score']):.2f}"])
