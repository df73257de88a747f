"""Charts that a page draws one after another: built and checked once for each shape, then filled with data.

Altair takes long to build a chart of many layers, and as long to check it; a person who goes from
row to row would wait for both.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.colours import AXES, THEMES, Theme, inked
from sparklime_core.printable import printable

WIDTH = 640
"""Pixels of a chart's plot where the page would give it all the room there is."""

MOST_SVG_MARKS = 2000
"""Marks of a chart on a page that is an SVG; with more of them, a browser takes long to draw one."""

_EXPRESSIONS = frozenset({"$schema", "calculate", "description", "expr", "filter", "labelExpr", "test"})
"""Whose texts are the chart's own program, or name what is short already: they may be long."""


@dataclass(frozen=True)
class FilledChart:
    """A chart whose data is named in its specification.

    Attributes
    ----------
    template
        A specification of Vega-Lite that names its data; it is shared, and must never be changed.
    data
        The frames by these names.
    description
        What it shows, for people who cannot see it; see `sparklime_core.charts.chart_parts`.
    """

    template: Mapping[str, Any]
    data: Mapping[str, pd.DataFrame]
    description: str

    def spec(self, theme: Theme) -> dict[str, Any]:
        """Return the specification with its frames, as Streamlit takes it; every text in it is printable.

        A chart of few marks is an SVG: its ink is the page's own, and follows a change of the theme at once. One
        of many marks is drawn on a canvas, which knows no ink of the page: it gets that of `theme`.
        """
        spec, renderer = {**self.template, "description": self.description, "config": AXES}, "svg"
        if self.marks() > MOST_SVG_MARKS:
            spec, renderer = inked(spec, THEMES[theme].ink), "canvas"
        frames = {name: printable_frame(frame) for name, frame in self.data.items()}
        options = {"usermeta": {"embedOptions": {"renderer": renderer}}}
        return {**printable_spec(spec), **options, "datasets": frames}

    def marks(self) -> int:
        """Return how many marks the chart has at most: each layer one for each row of the largest frame."""
        return len(self.template.get("layer", [None])) * max(map(len, self.data.values()), default=0)

    def to_dict(self) -> dict[str, Any]:
        """Return the specification with its data as plain records, as `altair.Chart.to_dict` does."""
        return {
            **self.template,
            "description": self.description,
            "datasets": {name: _records(printable_frame(frame)) for name, frame in self.data.items()},
        }

    def to_altair(self, width: int) -> alt.LayerChart:
        """Return a chart of layers as altair's own, for a notebook: an SVG, whose ink is the page's.

        Parameters
        ----------
        width
            Pixels of its plot.
        """
        options = {"config": AXES, "width": width, "usermeta": {"embedOptions": {"renderer": "svg"}}}
        chart: alt.LayerChart = alt.LayerChart.from_dict({**printable_spec(self.to_dict()), **options})
        return chart


Drawing: TypeAlias = ChartType | FilledChart
"""What the functions of this package return."""


def filled(chart: Drawing) -> FilledChart:
    """Return a chart with its data apart: as it is, or an altair chart with each of its frames under a name."""
    if isinstance(chart, FilledChart):
        return chart
    frames: dict[str, pd.DataFrame] = {}
    spec: dict[str, Any] = _with_names(chart, frames).to_dict()
    spec.pop("config", None)
    return FilledChart(spec, frames, spec.pop("description"))


def zero_line(colour: str) -> alt.Chart:
    """Return a rule at zero, whose data is its own: made by Vega, since altair would move it to the chart's."""
    line: alt.Chart = alt.Chart(alt.sequence(0, 1, as_="zero")).mark_rule(color=colour).encode(x="zero:Q")
    return line


def _with_names(chart: Any, frames: dict[str, pd.DataFrame]) -> Any:
    """Return a copy of a chart that names its data, and put the data into `frames`."""
    chart = chart.copy(deep=False)
    if isinstance(chart.data, pd.DataFrame):
        name = f"data-{len(frames)}"
        frames[name] = chart.data
        chart.data = alt.NamedData(name=name)
    if isinstance(chart, alt.LayerChart):
        chart.layer = [_with_names(part, frames) for part in chart.layer]
    return chart


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return records


def printable_spec(node: Any, key: str = "") -> Any:
    """Return a specification of Vega-Lite, data included, in which every text is printable."""
    if isinstance(node, dict):
        return {name: printable_spec(part, str(name)) for name, part in node.items()}
    if isinstance(node, (list, tuple)):
        return [printable_spec(part, key) for part in node]
    if isinstance(node, str):
        return printable(node, None) if key in _EXPRESSIONS else printable(node)
    return node


def printable_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which every text is printable: this very one where it is so already."""
    changed = {
        name: [printable(value) if isinstance(value, str) else value for value in column]
        for name, column in frame.items()
        if _has_odd_text(column)
    }
    return frame.assign(**{str(name): values for name, values in changed.items()}) if changed else frame


def _has_odd_text(column: pd.Series) -> bool:
    if column.dtype.kind in "biufmM":
        return False
    return any(isinstance(value, str) and printable(value) != value for value in column)
