"""Charts as files."""

import struct
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from altair.typing import ChartType

from sparklime_core.charts.chart_files import SCALE, chart_png, chart_svg
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.charts.workers import importance_chart

NASTY = "a.b[0] <img src=x onerror=alert(1)> & </svg><script>"


@pytest.fixture(scope="module")
def chart() -> ChartType:
    explanation = [
        {"feature": NASTY, "feature_explanation": f"{NASTY} > 1", "weight": 0.5},
        {"feature": "b", "feature_explanation": "**b** <= 2", "weight": -0.25},
    ]
    return weights_chart(fold_weights(explanation, {}, 5), 0.6)


@pytest.mark.parametrize("theme", ["light", "dark", "page"])
def test_an_svg_holds_names_as_text_and_nothing_else(chart: ChartType, theme: str) -> None:
    root = ET.fromstring(chart_svg(chart, theme))

    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags & {"script", "image", "img", "foreignObject", "use", "a"} == set()
    texts = [element.text for element in root.iter() if element.text]
    assert f"{NASTY} > 1" in texts
    assert "**b** <= 2" in texts


def test_the_colours_are_the_themes(chart: ChartType) -> None:
    light, dark, page = (chart_svg(chart, theme) for theme in ("light", "dark", "page"))

    assert 'fill="#ffffff"' in light
    assert 'fill="#12171f"' in dark
    assert "#1c2430" in light
    assert "#e4e9f0" in dark
    assert "currentColor" in page
    assert not {"currentColor"} & set(light.split('"'))


def test_a_picture_has_the_charts_size(chart: ChartType) -> None:
    png = chart_png(chart, "dark", 400)

    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    root = ET.fromstring(chart_svg(chart, "dark", 400))
    assert (width, height) == pytest.approx(
        (SCALE * float(root.attrib["width"]), SCALE * float(root.attrib["height"])), abs=2
    )


def test_a_dot_in_a_name_is_a_dot() -> None:
    features = pd.DataFrame({"feature": [NASTY, "x"], "mean_weight": [0.4, 0.1], "rows": [3, 2]})

    assert NASTY[:8] in "".join(ET.fromstring(chart_svg(importance_chart(features))).itertext())
