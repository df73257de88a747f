"""Elements of several pages: a chart with the means to save it as a picture, and the button of every file."""

import mimetypes
import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from sparklime_core.charts.chart_files import chart_png, chart_svg
from sparklime_core.charts.chart_template import Drawing, filled
from sparklime_core.charts.colours import Theme
from sparklime_core.printable import printable

LONGEST_FILE_NAME = 80
"""Characters of a picture's file name."""


mimetypes.add_type("application/vnd.apache.parquet", ".parquet")


def download_button(label: str, make: Callable[[], bytes | str], name: str, icon: str, **options: Any) -> None:
    """Draw a button that makes a file when it is clicked, and leaves the page as it is."""
    mime = mimetypes.guess_type(name)[0]
    st.download_button(
        label, make, file_name=name, mime=mime, on_click="ignore", icon=f":material/{icon}:", **options
    )


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
    return re.sub(r"[^a-z0-9]+", "-", alt.lower()).strip("-")[:LONGEST_FILE_NAME] or "chart"


def coloured(colour: str, mark: str = "■") -> str:
    """Return a mark of a legend in its colour, in Markdown."""
    return f':color[{mark}]{{foreground="{colour}"}}'
