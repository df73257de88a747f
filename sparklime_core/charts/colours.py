"""Colours of charts: those of marks, and those of what lies around them, on light and on dark.

Colours of marks mean the same on every chart, for colour-blind people too. Each stands out from both backgrounds
by a contrast of at least 3 to 1 (WCAG 2.2, 1.4.11); a test checks this, and that people without red or green cones
can tell blue from orange. A picture and a canvas know no ``currentColor``: they get the ink of a theme.
"""

from dataclasses import dataclass
from typing import Any, Literal

FOR = "#3d7fc9"
"""Blue: speaks for the label."""

AGAINST = "#cc6f1c"
"""Orange: speaks against it."""

REST = "#7f8998"
"""Grey: everything that is folded into one bar, or is in the background."""

LOW = "#8560d0"
"""Violet: a low value of a feature."""

HIGH = "#d9a514"
"""Amber: a high one."""

FIRST = "#2f9c86"
"""Green-blue: more in the first of two groups of rows."""

SECOND = "#b3669f"
"""Mauve: more in the second."""

CHOSEN = "#dc443e"
"""Red: the chosen row among many."""

EXACT = "#9b72c7"
"""Purple: a weight without sampling noise."""

AVERAGED = "#3a956f"
"""Green: the model's average over rows of the table, with a feature put into a bin (partial dependence)."""

INK = "currentColor"
"""The page's own text colour, as an SVG takes it; for a canvas or a picture, `inked` fills in a theme's."""

AXIS = 62
"""Pixels that a horizontal axis with its title takes of a chart's height."""

EXECUTORS = ("#3d7fc9", "#cc6f1c", "#3a956f", "#9b72c7", "#c65b74", "#a08620", "#2f93ad", "#7f8998")
"""One per executor, in turn."""

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
