"""The texts of a chart, which come from people's tables: made printable in one place, before they are drawn."""

from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.printable import printable

_EXPRESSIONS = frozenset({"$schema", "calculate", "expr", "filter", "labelExpr", "test"})
"""Whose texts are the chart's own program: they may be long."""


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


def printable_chart(chart: ChartType) -> dict[str, Any] | None:
    """Return the specification of a chart whose data has texts that are not printable; None where all are."""
    if not any(_has_odd_text(column) for frame in _frames(chart) for _, column in frame.items()):
        return None
    with alt.data_transformers.disable_max_rows():
        spec: dict[str, Any] = printable_spec(chart.to_dict())
    return spec


def _frames(chart: Any) -> Iterator[pd.DataFrame]:
    if isinstance(chart.data, pd.DataFrame):
        yield chart.data
    for name in ("layer", "hconcat", "vconcat", "concat"):
        parts = getattr(chart, name, alt.Undefined)
        for part in parts if isinstance(parts, list) else ():
            yield from _frames(part)


def _has_odd_text(column: pd.Series) -> bool:
    if column.dtype.kind in "biufmM":
        return False
    return any(isinstance(value, str) and printable(value) != value for value in column)
