"""A chart as a file, drawn on this machine without a browser: PNG to show, SVG to keep or to put into a page.

What draws it crashes on some texts, and takes minutes for others with Python's lock held. So it gets
printable texts, and draws in a child process, one for all charts of this process, that is ended when it takes
too long.
"""

from typing import Any

from sparklime_core.charts import picture
from sparklime_core.charts.chart_template import WIDTH, Drawing, filled, printable_spec
from sparklime_core.charts.colours import THEMES, Theme, inked
from sparklime_core.limited.limits import GIB, Limits
from sparklime_core.limited.process import LimitedProcess

SCALE = 2.0
"""Pixels of a PNG for each of the chart's."""

LIMITS = Limits(memory=4 * GIB, seconds=60.0)
"""Of one picture, which takes some hundredths of a second, and a second for the first one."""

WORK = "Drawing the chart"

_artist = LimitedProcess()


def chart_svg(chart: Drawing, theme: Theme = "light", width: int = WIDTH) -> str:
    """Return a chart as SVG; texts in it are escaped, and it holds no script.

    Raises
    ------
    LimitError
        When it cannot be drawn, or takes too long.
    """
    return _drawn("svg", chart, theme, width).decode()


def chart_png(chart: Drawing, theme: Theme = "light", width: int = WIDTH) -> bytes:
    """Return a chart as a PNG file of twice the chart's size in pixels.

    Raises
    ------
    LimitError
        When it cannot be drawn, or takes too long.
    """
    return _drawn("png", chart, theme, width)


def _drawn(kind: picture.Kind, chart: Drawing, theme: Theme, width: int) -> bytes:
    spec, config = _spec(chart, theme, width)
    answer = _artist.call(picture.draw, kind, spec, config, SCALE, limits=LIMITS, work=WORK)
    return bytes(answer.content)


def _spec(chart: Drawing, theme: Theme, width: int) -> tuple[dict[str, Any], dict[str, Any]]:
    colours = THEMES[theme]
    spec: dict[str, Any] = printable_spec(inked(filled(chart).to_dict(), colours.ink))
    if "width" not in spec and "hconcat" not in spec and "vconcat" not in spec:
        spec["width"] = width
    spec["config"] = {}
    config = {
        "background": colours.background,
        "font": "sans-serif",
        "view": {"stroke": None},
        "padding": 12,
        "axis": {
            "labelColor": colours.labels,
            "titleColor": colours.ink,
            "gridColor": colours.grid,
            "tickColor": colours.grid,
            "domainColor": colours.grid,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {
            "labelColor": colours.labels,
            "titleColor": colours.ink,
            "labelFontSize": 12,
            "titleFontSize": 12,
        },
        "title": {"color": colours.ink},
        "text": {"color": colours.ink},
    }
    return spec, config
