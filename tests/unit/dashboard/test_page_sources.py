"""What holds for every page, read from its source: alternative texts, icons of one set, no HTML."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "sparklime_core/dashboard").rglob("*.py")]
)
SHOWN = {"dataframe", "data_editor", "altair_chart", "vega_lite_chart", "draw", "show", "image"}
HTML = {"html", "iframe", "components", "unsafe_allow_html", "unsafe_allow_javascript"}
OUR_STYLE = 'st.html(ASSETS / "page.css")'
"""A file of ours, with nothing of anybody's table in it."""

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
    text = source.read_text(encoding="utf-8")
    assert not ways_to_html(text.replace(OUR_STYLE, "") if source.name == "app.py" else text)


@pytest.mark.parametrize(
    "trick",
    [
        "st.markdown(text, unsafe_allow_html=True)",
        "st.markdown(text, **{'unsafe_allow_html': True})",
        "options = dict(unsafe_allow_html=True)",
        "show = partial(st.write, unsafe_allow_html=True)",
        "st.html(text)",
        "show = st.html",
        "getattr(st, 'html')(text)",
        "from streamlit import html as words",
        "import streamlit.components.v1 as parts",
        "from streamlit import components",
        "st.components.v2.component('name', html=text)",
        "st.iframe(address)",
        "st.__dict__['html'](text)",
    ],
)
def test_the_look_at_the_sources_sees_through_tricks(trick: str) -> None:
    assert ways_to_html(trick)


def ways_to_html(text: str) -> list[str]:
    """Return where a source names, in whatever form, what lets a browser take words for HTML or for a program."""
    return [
        f"line {getattr(node, 'lineno', '?')}: {name}"
        for node in ast.walk(ast.parse(text))
        for name in _names(node)
        if name in HTML
    ]


def _names(node: ast.AST) -> list[str]:
    """Return what a node names: a variable, an attribute, a keyword, an import, or a text that may become one."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        paths = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        return [part for path in paths for part in path.split(".")]
    name = getattr(node, "attr", None) or getattr(node, "arg", None) or getattr(node, "id", None)
    return [name] if isinstance(name, str) else []


def _draws(call: ast.Call) -> bool:
    """Return whether a call of a `draw` is one of a chart, and not a part's own method or a nested function."""
    return isinstance(call.func, ast.Name) and bool(call.args) and isinstance(call.args[0], ast.Call)


WAYS_AROUND = {
    *("RunStore", "WorkspaceStore", "JobManager", "PersonalJobs", "Server", "_server", "Person", "Access", "of"),
    *("read_stored_model", "KeptWorkspace", "_manager", "_all_files"),
}
"""What leads to another person's runs and tables; pages have `services()`."""

HARMLESS = {"RunTotals", "NearestChanges"}
"""Classes with an `of` of their own."""

ITS_OWN = {
    "app.py",  # makes the home's folder
    "sparklime_core/dashboard/shared/services.py",  # makes the view of a person
    "sparklime_core/dashboard/shared/sign_in.py",  # says who that is
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_reach_runs_and_tables_through_the_view_of_a_person_alone(source: Path) -> None:
    if str(source.relative_to(ROOT)) in ITS_OWN:
        return
    assert not ways_around(source.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "trick",
    [
        "RunStore.default().runs()",
        "services().store.of(somebody)",
        "services()._server.store",
        "Run(folder).manifest()",
        "Person('x', is_operator=True)",
        "store = services().store.root",
        "open(run.folder / 'access.json')",
    ],
)
def test_the_look_at_the_sources_sees_ways_around(trick: str) -> None:
    assert ways_around(trick)


def ways_around(text: str) -> list[str]:
    """Return where a source calls or reads what is no view of one person."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "attr", None) or getattr(function, "id", "")
            owner = getattr(getattr(function, "value", None), "id", "")
            if (name in WAYS_AROUND | {"Run"} or owner in WAYS_AROUND) and owner not in HARMLESS:
                found.append(f"line {node.lineno}: {owner or name}")
        elif isinstance(node, ast.Attribute) and node.attr in {"_server", "root"}:
            found.append(f"line {node.lineno}: {node.attr}")
        elif isinstance(node, ast.Constant) and node.value == "access.json":
            found.append(f"line {node.lineno}: {node.value}")
    return found
