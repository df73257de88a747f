"""The example notebook on a cluster, from top to bottom in the session that the tests share.

`tests/unit/notebook` runs all notebooks in kernels of their own; this one, in `make test-all`.
"""

import ast
from pathlib import Path

import nbformat
import pytest

import sparklime_core
from tests.spark.conftest import EMBEDDED, ROOT

pytestmark = pytest.mark.spark
NOTEBOOK = ROOT / "notebooks" / "2-on-a-cluster.ipynb"


def test_the_example_on_a_cluster_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_MASTER", EMBEDDED)
    monkeypatch.setattr(sparklime_core, "disconnect", lambda: None)
    names = {}
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    shown = [run_cell(cell.source, names) for cell in cells]

    (page,) = [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    assert "sparklime-explanations" in page
    assert names["spark"] is sparklime_core.connect(EMBEDDED)


def run_cell(source, names):
    """Run a cell; return what it ends with, as a notebook shows it."""
    *statements, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        statements, last = [*statements, last], None
    exec(compile(ast.Module(statements, type_ignores=[]), "cell", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), names)
