"""Help texts are Markdown, and load pictures: a name from a table stands in none as it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = [*(ROOT / "sparklime_core" / "dashboard").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
HARMLESS = {"plain", "count", "duration", "number", "speed", "int", "len", "round", "rule_words"}
"""Functions whose texts hold no Markdown of a stranger."""


def parts_of(node, tree):
    """The values that go into a help text, also through a variable of its module."""
    if isinstance(node, ast.Name):
        for other in ast.walk(tree):
            targets = other.targets if isinstance(other, ast.Assign) else [getattr(other, "target", None)]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if isinstance(other, ast.Assign | ast.AugAssign) and node.id in names:
                yield from parts_of(other.value, tree)
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue):
            yield part


def is_harmless(part, tree):
    value = part.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in HARMLESS
    if part.format_spec is not None:  # of numbers alone: a text would be refused
        return ast.unparse(part.format_spec).rstrip("'\"")[-1] in "dfg%,"
    if isinstance(value, ast.Name):
        given = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == value.id for target in node.targets)
        ]
        return value.id.isupper() or (bool(given) and all(is_own(text) for text in given))
    return isinstance(value, ast.Attribute) and (
        value.attr.isupper() or ast.unparse(value.value).isupper() or is_of_a_constant(value, tree)
    )


def is_of_a_constant(value, tree):
    """Whether ``value`` is an attribute of what a loop takes from a constant of ours."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.comprehension)]
    return any(
        ast.unparse(loop.target) == ast.unparse(value.value)
        and isinstance(loop.iter, ast.Name)
        and loop.iter.id.isupper()
        for loop in loops
    )


def is_own(node):
    """Whether a value is our own text, or a name made plain."""
    if isinstance(node, ast.IfExp):
        return is_own(node.body) and is_own(node.orelse)
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HARMLESS
    return called or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_help_holds_plain_names(path):
    tree = ast.parse(path.read_text())
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in (keyword for keyword in call.keywords if keyword.arg == "help"):
            raw = [part for part in parts_of(keyword.value, tree) if not is_harmless(part, tree)]
            assert not raw, f"{path}:{call.lineno}: {[ast.unparse(part) for part in raw]}"


@pytest.mark.parametrize(
    ("source", "harmless"),
    [
        ("x(help=f'{name}')", False),
        ("x(help=f'{plain(name)}')", True),
        ("name = plain(a)\nx(help=f'{name}')", True),
        ("name = a.target\nx(help=f'{name}')", False),
        ("text = f'{a.target}'\nx(help=text)", False),
        ("text = ''\ntext += f'{a.target}'\nx(help=text)", False),
        ("x(help=f'{n:,.2f} {MOST}')", True),
    ],
)
def test_the_rule_sees_what_it_looks_for(source, harmless):
    tree = ast.parse(source)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.keywords)
    assert all(is_harmless(part, tree) for part in parts_of(call.keywords[0].value, tree)) == harmless
