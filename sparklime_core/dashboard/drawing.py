"""A chart on a page, and beside it the means to take it away as a picture."""

from typing import Any

import streamlit as st
from altair.typing import ChartType

from sparklime_core.charts.rendering import Theme, chart_png, chart_svg


def draw(chart: ChartType, *, alt: str, name: str, **options: Any) -> Any:
    """Draw a chart with a menu to save it; return what ``st.altair_chart`` returns.

    Parameters
    ----------
    chart
        From `sparklime_core.charts`.
    alt
        What it shows, for people who cannot see it.
    name
        What its files are called; different from every other chart's on the page.
    options
        Further arguments of ``st.altair_chart``.
    """
    event = st.altair_chart(chart, alt=alt, **options)
    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover("Save", icon=":material/image:", type="tertiary", help="This chart as a picture"),
        st.container(horizontal=True),
    ):
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
