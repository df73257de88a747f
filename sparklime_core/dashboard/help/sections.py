"""The help page's sections, from the Markdown files of the assets, and its picture: the profile of one feature."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.dashboard.shared.elements import show

FOLDER = Path(__file__).parents[1] / "assets" / "help"
EXAMPLE = {
    "feature": "age, in a model of who buys a house",
    "own": "30 < age <= 42",
    "carries": 0.46,
    "bins": [
        {"condition": "age <= 30", "share": 0.24, "effect": -0.18},
        {"condition": "30 < age <= 42", "share": 0.30, "effect": 0.15},
        {"condition": "42 < age <= 60", "share": 0.23, "effect": 0.08},
        {"condition": "age > 60", "share": 0.23, "effect": -0.09},
    ],
}
EXAMPLE_ALT = (
    "A profile: the effect is -0.18 up to 30 years, +0.15 from 30 to 42 (this row), +0.08 to 60, and -0.09 above"
)


@dataclass(frozen=True)
class Section:
    """A section of the help page.

    Attributes
    ----------
    anchor
        Its place in the page's address.
    title, text
        Its heading, and what follows in Markdown.
    """

    anchor: str
    title: str
    text: str


@cache
def sections() -> tuple[Section, ...]:
    """Return the sections in their order."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.md")))


def _read(path: Path) -> Section:
    heading, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Section(path.stem.partition("-")[2], heading.removeprefix("# "), text.strip())


def draw_example() -> None:
    """Draw it."""
    with st.container(width=560):
        show(profiles_chart(profiles_frame([EXAMPLE]), 0.2), alt=EXAMPLE_ALT)
        st.caption(
            "Age accounts for 46 % of the model's variation around this row. lime's weight for *30 < "
            "age <= 42* would be +0.21: this bin's effect minus the mean of the others."
        )
