"""The cells of an example notebook, run one after the other in this process: a kernel takes seconds to start."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.formatters import DisplayFormatter

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def run_notebook(name: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a notebook's cells with these names; return what it shows, as texts by their MIME type."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    assert all(not cell.get("outputs") for cell in cells), "kept without what it printed"
    return list(_shown([cell.source for cell in cells if cell.cell_type == "code"], names))


def _shown(sources: list[str], names: dict[str, Any]) -> Iterator[dict[str, Any]]:
    formatter = DisplayFormatter()
    for source in sources:
        value = _run_cell(source, names)
        if value is not None:
            yield formatter.format(value)[0]


def _run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; return what it ends with, as a notebook shows it."""
    *statements, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        statements, last = [*statements, last], None
    exec(compile(ast.Module(statements, type_ignores=[]), "cell", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)
