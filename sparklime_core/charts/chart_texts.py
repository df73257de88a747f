"""The texts of a chart, which come from people's tables: made printable in one place, before they are drawn."""

from typing import Any

import pandas as pd

from sparklime_core.printable import printable

_EXPRESSIONS = frozenset({"$schema", "calculate", "description", "expr", "filter", "labelExpr", "test"})
"""Whose texts are the chart's own program, or name what is short already: they may be long."""


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
