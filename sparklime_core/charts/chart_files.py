"""A chart as a file, drawn on this machine without a browser: PNG to show, SVG to keep or to put into a page."""

from typing import Any, Literal

import vl_convert

from sparklime_core.charts.chart_template import Drawing
from sparklime_core.charts.palette import INK

Theme = Literal["light", "dark", "page"]

WIDTH = 640
"""Pixels of a chart's plot where the page would give it all the room there is."""

SCALE = 2.0
"""Pixels of a PNG for each of the chart's."""

_COLOURS: dict[Theme, tuple[str | None, str, str, str]] = {
    "light": ("#ffffff", "#1c2430", "#d8dee7", "#5a6675"),
    "dark": ("#12171f", "#e4e9f0", "#323c4a", "#9aa7b8"),
    "page": (None, INK, "#8888884d", INK),
}
"""Background, ink, grid and axis labels; "page" takes those of the page that the SVG is put into."""

NOWHERE: list[str] = []
"""The addresses that a chart may load from."""


def chart_svg(chart: Drawing, theme: Theme = "light", width: int = WIDTH) -> str:
    """Return a chart as SVG; texts in it are escaped, and it holds no script."""
    spec, config = _spec(chart, theme, width)
    return str(vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=NOWHERE))


def chart_png(chart: Drawing, theme: Theme = "light", width: int = WIDTH) -> bytes:
    """Return a chart as a PNG file of twice the chart's size in pixels."""
    spec, config = _spec(chart, theme, width)
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, config=config, allowed_base_urls=NOWHERE))


def _spec(chart: Drawing, theme: Theme, width: int) -> tuple[dict[str, Any], dict[str, Any]]:
    background, ink, grid, labels = _COLOURS[theme]
    spec: dict[str, Any] = _inked(chart.to_dict(), ink)
    if "width" not in spec and "hconcat" not in spec and "vconcat" not in spec:
        spec["width"] = width
    spec["config"] = {}
    config = {
        "background": background,
        "font": "sans-serif",
        "view": {"stroke": None},
        "padding": 12,
        "axis": {
            "labelColor": labels,
            "titleColor": ink,
            "gridColor": grid,
            "tickColor": grid,
            "domainColor": grid,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": labels, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12},
        "title": {"color": ink},
        "text": {"color": ink},
    }
    return spec, config


def _inked(node: Any, ink: str) -> Any:
    """Return a specification in which the page's text colour is a colour of its own."""
    if isinstance(node, dict):
        return {name: part if name == "datasets" else _inked(part, ink) for name, part in node.items()}
    if isinstance(node, list):
        return [_inked(part, ink) for part in node]
    return ink if node == INK else node
