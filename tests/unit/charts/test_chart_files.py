"""Charts as files."""

import json
import struct
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from altair.typing import ChartType

from sparklime_core.charts import picture
from sparklime_core.charts.chart_files import LIMITS, SCALE, WORK, _artist, chart_png, chart_svg
from sparklime_core.charts.chart_template import MOST_SVG_MARKS, FilledChart, filled, printable_frame
from sparklime_core.charts.colours import THEMES
from sparklime_core.charts.overview import importance_chart
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.errors import LimitError
from sparklime_core.limited.limits import Limits

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
    assert "#0d131c" in light
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


ODD = "".join(map(chr, range(32))) + "\x7f\x9b\u202e\u2066\ufffe\uffff\ud800"


@pytest.mark.parametrize("make", [chart_svg, chart_png])
def test_no_text_of_a_table_crashes_or_holds_up_what_draws(make) -> None:
    names = [f"{ODD}{end}" for end in "ab"] + ["z" * 300_000, "z" * 300_000 + "y"]
    features = pd.DataFrame({"feature": names, "mean_weight": [0.4, 0.3, 0.2, 0.1], "rows": [3, 2, 1, 1]})
    explanation = [
        {"feature": name, "feature_explanation": f"{name} <= 1", "weight": 0.1 + 0.1 * at}
        for at, name in enumerate(names)
    ]
    for chart in (importance_chart(features), weights_chart(fold_weights(explanation, {}, 5), 0.6)):
        assert len(make(chart)) > 1000


def test_charts_on_a_page_have_printable_texts_and_keep_apart_what_differs() -> None:
    names = ["a\u202eb", "q" * 5000, "q" * 5001]
    frame = pd.DataFrame({"feature": names, "mean_weight": [0.3, 0.2, 0.1], "rows": [3, 2, 1]})
    shown = drawn_by_page(importance_chart(frame))
    assert "\u202e" not in shown
    assert len(shown) < 10_000
    assert len(set(printable_frame(frame)["feature"])) == 3
    plain = frame.assign(feature=["a", "b", "c"])
    assert printable_frame(plain) is plain
    weights = weights_chart(
        fold_weights([{"feature": names[0], "feature_explanation": names[0], "weight": 1.0}], {}, 5), 1.0
    )
    assert "\u202e" not in drawn_by_page(weights)


def drawn_by_page(chart) -> str:
    spec = filled(chart).spec("light")
    frames = {name: frame.to_dict("records") for name, frame in spec["datasets"].items()}
    return json.dumps({**spec, "datasets": frames}, ensure_ascii=False)


def test_what_crashes_or_never_ends_is_a_sentence_and_the_next_chart_is_drawn(chart: ChartType) -> None:
    spec = {"data": {"values": [{"t": "\x1b"}]}, "mark": "text", "encoding": {"text": {"field": "t"}}}
    with pytest.raises(LimitError, match="Drawing the chart has crashed"):
        _artist.call(picture.draw, "svg", spec, {}, 1.0, limits=LIMITS, work=WORK)
    assert chart_svg(chart).startswith("<svg")
    endless = {
        "data": {"sequence": {"start": 0, "stop": 1e9}},
        "mark": "point",
        "encoding": {"x": {"field": "data"}},
    }
    with pytest.raises(LimitError, match=r"Drawing the chart (takes longer|needs more)"):
        _artist.call(picture.draw, "svg", endless, {}, 1.0, limits=Limits(LIMITS.memory, 0.5), work=WORK)
    assert chart_svg(chart).startswith("<svg")


def test_a_chart_of_few_marks_follows_the_pages_ink_and_a_canvas_gets_the_themes() -> None:
    few = weights_chart(fold_weights([{"feature": "a", "feature_explanation": "a", "weight": 1.0}], {}, 5), 1.0)
    many = FilledChart(few.template, {"bars": pd.concat([few.data["bars"]] * MOST_SVG_MARKS)}, "")

    for chart, theme, renderer, ink, other in (
        (few, "dark", "svg", "currentColor", THEMES["dark"].ink),
        (many, "dark", "canvas", THEMES["dark"].ink, "currentColor"),
        (many, "light", "canvas", THEMES["light"].ink, THEMES["dark"].ink),
    ):
        spec = {**chart.spec(theme), "datasets": None}
        assert spec["usermeta"]["embedOptions"]["renderer"] == renderer
        assert ink in json.dumps(spec)
        assert other not in json.dumps(spec)
    assert "currentColor" in json.dumps(few.template)
