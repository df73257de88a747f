"""A chart on a page, and below it the means to take it away as a picture."""

import re
from typing import Any, cast

import streamlit as st
from altair.typing import ChartType

from sparklime_core.charts.chart_files import Theme, chart_png, chart_svg
from sparklime_core.charts.chart_template import Drawing, FilledChart
from sparklime_core.charts.chart_texts import printable_chart

LONGEST_NAME = 80
"""Characters of a picture's file name."""


def draw(chart: Drawing, *, alt: str, **options: Any) -> Any:
    """Draw a chart with a menu to save it; return what ``st.altair_chart`` returns.

    Parameters
    ----------
    chart
        From `sparklime_core.charts`.
    alt
        What it shows, for people who cannot see it, and for the names of its files; different from every other
        chart's on the page.
    options
        Further arguments of ``st.altair_chart``.
    """
    spec = chart.spec() if isinstance(chart, FilledChart) else printable_chart(chart)
    if spec is None:
        event = st.altair_chart(cast(ChartType, chart), alt=alt, **options)
    else:
        event = st.vega_lite_chart(spec=spec, alt=alt, **options)
    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    name = file_name(alt)
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(
            "Save", icon=":material/image:", type="tertiary", help="This chart as a picture", key=f"save-{name}"
        ),
    ):
        st.caption("This chart as a picture")
        for kind, mime, make in (("PNG", "image/png", chart_png), ("SVG", "image/svg+xml", chart_svg)):
            st.download_button(
                kind,
                lambda make=make: make(chart, theme),  # type: ignore[misc]
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"save-{name}-{kind}",
            )
    return event


def file_name(alt: str) -> str:
    """Return what a picture's file is called."""
    return re.sub(r"[^a-z0-9]+", "-", alt.lower()).strip("-")[:LONGEST_NAME] or "chart"
