"""The colours as people see them: WCAG's contrast, and colour blindness by Machado, Oliveira, Fernandes (2009)."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from sparklime_core.charts.colours import AGAINST, CHOSEN, EXACT, EXECUTORS, FOR, REST

CONFIG = tomllib.loads((Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text())["theme"]
BACKGROUNDS = [
    CONFIG[scheme][name] for scheme in ("light", "dark") for name in CONFIG[scheme] if "ackgroundColor" in name
]

SIGHT = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(light, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: str, other: str, sight: str) -> float:
    """Return the colour difference (CIE 1976); 2.3 is just noticeable side by side."""
    seen = [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_contrast_is_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", sorted({FOR, AGAINST, REST, CHOSEN, EXACT, *EXECUTORS}))
def test_a_bar_stands_out_from_every_background(colour: str) -> None:
    assert min(contrast(colour, background) for background in BACKGROUNDS) >= 3.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_themes_colours_stand_out_from_its_background(scheme: str) -> None:
    theme = CONFIG[scheme]
    for colour in [theme["primaryColor"], *theme["chartCategoricalColors"]]:
        assert contrast(colour, theme["backgroundColor"]) >= 3.0, colour
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(theme["textColor"], theme[surface]) >= 7.0
        assert contrast(theme["linkColor"], theme[surface]) >= 4.5


@pytest.mark.parametrize("sight", SIGHT)
def test_for_against_and_the_rest_are_told_apart_by_everybody(sight: str) -> None:
    assert distance(FOR, AGAINST, sight) >= 60
    for one, other in itertools.combinations((FOR, AGAINST, REST), 2):
        assert distance(one, other, sight) >= 20


def test_executors_have_colours_of_their_own() -> None:
    for one, other in itertools.combinations(EXECUTORS, 2):
        assert distance(one, other, "all cones") >= 20
