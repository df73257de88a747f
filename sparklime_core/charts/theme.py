"""The colours of what lies around a chart's marks: its background, texts, grid and axes, on light and on dark.

A picture and a canvas know no ``currentColor``: whoever draws one fills in the ink of a theme.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sparklime_core.charts.palette import INK

Theme = Literal["light", "dark", "page"]


@dataclass(frozen=True)
class Colours:
    """Colours of a theme; no background is that of the page below."""

    background: str | None
    ink: str
    grid: str
    labels: str


THEMES: dict[Theme, Colours] = {
    "light": Colours("#ffffff", "#0d131c", "#d8dee7", "#5a6675"),
    "dark": Colours("#12171f", "#e4e9f0", "#323c4a", "#9aa7b8"),
    "page": Colours(None, INK, "#8888884d", INK),
}
""""page" takes the colours of the HTML page that an SVG is put into; the others are those of the dashboard."""

_TEXTS = {"labelColor": INK, "titleColor": INK}

AXES = {"axis": _TEXTS, "legend": _TEXTS}
"""The configuration of a chart on a page; Streamlit's own grey of axes stands out by 3.7 to 1 only from white."""


def inked(node: Any, ink: str) -> Any:
    """Return a specification of Vega-Lite in which `INK` is a colour of its own; data is left as it is."""
    if isinstance(node, dict):
        return {name: part if name == "datasets" else inked(part, ink) for name, part in node.items()}
    if isinstance(node, list):
        return [inked(part, ink) for part in node]
    return ink if node == INK else node
