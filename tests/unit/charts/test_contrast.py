"""Every text of every chart can be read: WCAG's contrast with what lies behind it, 4.5 to 1 (1.4.3)."""

import functools
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from sparklime_core.charts import chart_template
from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.chart_template import Drawing, FilledChart, filled
from sparklime_core.charts.colours import INK, THEMES, Theme, inked
from tests.unit.charts.every_chart import CHARTS, functions
from tests.unit.charts.test_colours import contrast

CONFIG = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text())["theme"]
STREAMLIT = {"light": "#808495", "dark": "#fafafa"}
"""What Streamlit draws the labels of axes and legends in."""

STREAMLITS = "#a1b2c3"
"""Stands for either, in a drawing that is made once for both."""

SCHEMES: tuple[Theme, ...] = ("light", "dark")

ENOUGH = 4.5
FONT = 0.56
"""About how wide a letter is, in font sizes."""


@dataclass(frozen=True)
class Box:
    """Where something is, in pixels, and its colour."""

    left: float
    top: float
    right: float
    bottom: float
    colour: str
    opacity: float = 1.0

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@pytest.mark.parametrize("name", CHARTS)
def test_every_text_on_a_page_can_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = filled(made(name))
    drawn = page_svg(chart)
    canvases = {scheme: inked(chart.spec(scheme), THEMES[scheme].ink) for scheme in SCHEMES}
    monkeypatch.setattr(chart_template, "MOST_SVG_MARKS", 0)
    for scheme in SCHEMES:
        colours, behind = CONFIG[scheme], str(CONFIG[scheme]["backgroundColor"])
        svg = drawn.replace(STREAMLITS, STREAMLIT[scheme])
        assert unreadable(svg, colours["textColor"], behind) == {}
        # A canvas is the same drawing, in an ink of its own.
        assert without_renderer(chart.spec(scheme)) == without_renderer(canvases[scheme])
        assert unreadable(svg.replace(INK, THEMES[scheme].ink), "black", behind) == {}


@pytest.mark.parametrize("theme", SCHEMES)
@pytest.mark.parametrize("name", CHARTS)
def test_every_text_of_a_picture_and_a_report_can_be_read(name: str, theme: Theme) -> None:
    colours = THEMES[theme]
    assert colours.background is not None
    assert unreadable(chart_svg(made(name), theme), "black", colours.background) == {}
    assert unreadable(report_svg(name), colours.ink, colours.background) == {}


def test_every_function_that_draws_is_looked_at() -> None:
    assert {name.partition(",")[0] for name in CHARTS} == set(functions())


def test_what_cannot_be_read_is_found() -> None:
    svg = (
        '<svg><g class="mark-rect"><path d="M0,0h90v40h-90Z" fill="#3d7fc9"/></g>'
        '<text transform="translate(10,20)" font-size="12px" fill="white">on it</text>'
        '<text transform="translate(10,70)" font-size="12px" fill="currentColor">below</text></svg>'
    )
    assert set(unreadable(svg, "#000000", "#ffffff")) == {"on it"}
    assert set(unreadable(svg, "#000000", "#12171f")) == {"on it", "below"}
    assert unreadable(svg.replace("white", "black"), "#000000", "#ffffff") == {}


@functools.cache
def made(name: str) -> Drawing:
    return CHARTS[name]()


@functools.cache
def report_svg(name: str) -> str:
    """Return a chart as a report has it: the same for both themes, in the ink of the page around it."""
    return chart_svg(made(name), "page")


def page_svg(chart: FilledChart) -> str:
    """Return a chart as the page draws it: where it has no colour of its own, it has `STREAMLITS`."""
    spec = {**chart.spec("light"), "datasets": chart.to_dict()["datasets"]}
    spec.setdefault("width", 480)
    named = {"labelColor": STREAMLITS, "titleColor": STREAMLITS}
    config = {"axis": named, "legend": named}
    return str(vl_convert.vegalite_to_svg(json.loads(json.dumps(spec)), config=config, allowed_base_urls=[]))


def without_renderer(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification but for how and from which frames it is drawn."""
    return {name: part for name, part in spec.items() if name not in ("usermeta", "datasets")}


def unreadable(svg: str, ink: str, behind: str) -> dict[str, float]:
    """Return the texts whose contrast with anything behind them is too little, with that contrast."""
    areas: list[Box] = []
    found: dict[str, float] = {}
    for item in items(ET.fromstring(svg), 0.0, 0.0, ink, ""):
        if isinstance(item, Box):
            areas.append(item)
            continue
        words, box = item
        below = [area for area in areas if area.meets(box)]
        grounds = [blend(area.colour, area.opacity, behind) for area in below]
        if not any(area.holds(box) for area in below):
            grounds.append(behind)
        least = min(contrast(blend(box.colour, box.opacity, ground), ground) for ground in grounds)
        if least < ENOUGH:
            found[words] = round(least, 2)
    return found


def items(node: ET.Element, x: float, y: float, ink: str, group: str) -> Iterator[Box | tuple[str, Box]]:
    """Yield filled areas and texts in the order in which they are drawn."""
    moved = re.match(r"translate\(([^,]+),([^)]+)\)(.*)", node.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    group = node.get("class", group)
    fill = {"currentColor": ink}.get(node.get("fill", ""), node.get("fill", ""))
    opacity = float(node.get("opacity", 1)) * float(node.get("fill-opacity", 1))
    tag = node.tag.rpartition("}")[2]
    if opacity == 0.0:  # an axis hides labels that have no room
        return
    if tag == "text" and "".join(node.itertext()):
        words = "".join(node.itertext())
        yield words, text_box(node, words, x, y, fill, opacity, turned=bool(moved and "rotate" in moved[3]))
    elif tag == "path" and group.startswith(("mark-rect", "mark-area")) and fill not in ("", "none"):
        yield path_box(node.get("d", ""), x, y, fill, opacity)
    for child in node:
        yield from items(child, x, y, ink, group)


def text_box(node: ET.Element, words: str, x: float, y: float, fill: str, opacity: float, *, turned: bool) -> Box:
    size = float(node.get("font-size", "11px").removesuffix("px"))
    width = 1.0 if turned else FONT * size * len(words)
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[node.get("text-anchor", "start")]
    return Box(left, y - 0.75 * size, left + width, y + 0.1 * size, fill or "black", opacity)


def path_box(path: str, x: float, y: float, fill: str, opacity: float) -> Box:
    across, up, places = 0.0, 0.0, []
    for command, text in re.findall(r"([MLHVCAhvz])([^MLHVCAhvzZ]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", text)]
        if command in "hH":
            across = numbers[0] + (across if command == "h" else 0.0)
        elif command in "vV":
            up = numbers[0] + (up if command == "v" else 0.0)
        elif numbers:
            across, up = numbers[-2:]
        places.append((x + across, y + up))
    rows, columns = [place[1] for place in places], [place[0] for place in places]
    return Box(min(columns), min(rows), max(columns), max(rows), fill, opacity)


def rgb(colour: str) -> tuple[list[float], float]:
    """Return the parts of a colour, 0 to 255, and its opacity."""
    colour = {"black": "#000000", "white": "#ffffff"}.get(colour, colour)
    if colour.startswith("#"):
        digits = colour[1:] if len(colour) > 5 else "".join(2 * digit for digit in colour[1:])
        parts = [float(int(digits[at : at + 2], 16)) for at in range(0, len(digits), 2)]
        return parts[:3], parts[3] / 255 if len(parts) > 3 else 1.0
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
    return numbers[:3], numbers[3] if len(numbers) > 3 else 1.0


def blend(colour: str, opacity: float, behind: str) -> str:
    """Return the colour that is seen, as six digits."""
    (parts, own), (ground, _) = rgb(colour), rgb(behind)
    share = own * opacity
    return "#" + "".join(
        f"{round(share * part + (1 - share) * under):02x}" for part, under in zip(parts, ground, strict=True)
    )
