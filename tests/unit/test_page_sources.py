"""What holds for every page, read from its source: alternative texts, icons of one set, no HTML."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "sparklime_core/dashboard").rglob("*.py")]
)
SHOWN = {"dataframe", "data_editor", "altair_chart", "draw", "image"}
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u26ff\u2700-\u27bf\ufe0f]")


def calls(source: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of Streamlit's functions, and of `draw`, by their names."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield name, node


def keywords(call: ast.Call) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_and_charts_have_words_for_people_who_cannot_see_them(source: Path) -> None:
    for name, call in calls(source):
        is_chart = name in SHOWN and (
            name != "draw" or any(key == "alt" for key in keywords(call)) or _draws(call)
        )
        if is_chart:
            assert "alt" in keywords(call), f"line {call.lineno}: {name} without alt"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_icons_are_materials(source: Path) -> None:
    assert not EMOJI.search(source.read_text(encoding="utf-8"))
    for _, call in calls(source):
        icon = keywords(call).get("icon")
        if isinstance(icon, ast.Constant) and isinstance(icon.value, str):
            assert icon.value.startswith(":material/"), f"line {call.lineno}: {icon.value}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_rendered_as_html(source: Path) -> None:
    for name, call in calls(source):
        assert "unsafe_allow_html" not in keywords(call), f"line {call.lineno}"
        assert name not in ("html", "iframe"), f"line {call.lineno}: {name}"


def _draws(call: ast.Call) -> bool:
    """Return whether a call of a `draw` is one of a chart, and not a part's own method or a nested function."""
    return isinstance(call.func, ast.Name) and bool(call.args) and isinstance(call.args[0], ast.Call)
