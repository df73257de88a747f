"""A chart on a page, and below it the means to take it away as a picture."""

import re
from typing import Any

import streamlit as st

from sparklime_core.charts.chart_files import chart_png, chart_svg
from sparklime_core.charts.chart_template import Drawing, filled
from sparklime_core.charts.theme import Theme
from sparklime_core.dashboard.shared.download_button import download_button
from sparklime_core.printable import printable

LONGEST_NAME = 80
"""Characters of a picture's file name."""


def show(chart: Drawing, *, alt: str, **options: Any) -> Any:
    """Draw a chart without a menu, in the colours that the person looks at; return what Streamlit returns.

    Parameters
    ----------
    chart, alt, options
        As in `draw`.
    """
    whole = filled(chart)
    says = f"{printable(alt)}: {whole.description}."
    return st.vega_lite_chart(spec=whole.spec(page_theme()), alt=says, **options)


def page_theme() -> Theme:
    """Return the theme that the person looked at when the page was asked for."""
    return "dark" if st.context.theme.type == "dark" else "light"


def draw(chart: Drawing, *, alt: str, **options: Any) -> Any:
    """Draw a chart with a menu to save it; return what ``st.vega_lite_chart`` returns.

    Parameters
    ----------
    chart
        From `sparklime_core.charts`.
    alt
        What it is, for people who cannot see it, and for the names of its files; different from every other
        chart's on the page. The chart's own description, with its values, is put after it.
    options
        Further arguments of ``st.vega_lite_chart``.
    """
    event = show(chart, alt=alt, **options)
    theme = page_theme()
    name = file_name(alt)
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(
            "Save", icon=":material/image:", type="tertiary", help="This chart as a picture", key=f"save-{name}"
        ),
    ):
        st.caption("This chart as a picture")
        for kind, make in (("PNG", chart_png), ("SVG", chart_svg)):
            download_button(
                kind,
                lambda make=make: make(chart, theme),  # type: ignore[misc]
                f"{name}.{kind.lower()}",
                "download",
                key=f"save-{name}-{kind}",
            )
    return event


def file_name(alt: str) -> str:
    """Return what a picture's file is called."""
    return re.sub(r"[^a-z0-9]+", "-", alt.lower()).strip("-")[:LONGEST_NAME] or "chart"
