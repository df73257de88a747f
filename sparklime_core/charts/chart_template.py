"""Charts of which a page draws one after another: built and checked once for each shape, then filled with data.

Altair takes long to build a chart of many layers, and as long to check it; whoever goes from row to row would wait
for both.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_texts import printable_frame, printable_spec


@dataclass(frozen=True)
class FilledChart:
    """A chart whose data is named in its specification.

    Attributes
    ----------
    template
        A specification of Vega-Lite that names its data; it is shared, and must never be changed.
    data
        The frames by these names.
    """

    template: Mapping[str, Any]
    data: Mapping[str, pd.DataFrame]

    def spec(self) -> dict[str, Any]:
        """Return the specification with its frames, as Streamlit takes it; every text in it is printable."""
        frames = {name: printable_frame(frame) for name, frame in self.data.items()}
        return {**printable_spec(dict(self.template)), "datasets": frames}

    def to_dict(self) -> dict[str, Any]:
        """Return the specification with its data as plain records, as `altair.Chart.to_dict` does."""
        return {
            **self.template,
            "datasets": {name: _records(printable_frame(frame)) for name, frame in self.data.items()},
        }


Drawing: TypeAlias = ChartType | FilledChart
"""What the functions of this package return."""


def named(name: str) -> alt.NamedData:
    """Return data that a `FilledChart` brings under a name."""
    return alt.NamedData(name=name)


def zero_line(colour: str) -> alt.Chart:
    """Return a rule at zero, whose data is its own."""
    line: alt.Chart = alt.Chart(alt.InlineData(values=[{"zero": 0.0}])).mark_rule(color=colour).encode(x="zero:Q")
    return line


def template_of(chart: ChartType) -> dict[str, Any]:
    """Return a chart's specification, checked against Vega-Lite's schema."""
    spec: dict[str, Any] = chart.to_dict()
    return spec


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return records
