"""The example notebooks run from top to bottom, each in a folder that is not the project's."""

from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebook_cells import NOTEBOOKS, run_notebook

NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
ON_SPARK = "2-on-a-cluster.ipynb"
"""Its cells run in the session of other tests: `tests/spark/test_notebook.py`."""


@pytest.mark.parametrize("name", [name for name in NAMES if name != ON_SPARK])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_the_cells_of_an_example_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with mpl.rc_context({"backend": "agg"}):
        shown = run_notebook(name, {})

    assert any("sparklime-explanations" in data.get("text/html", "") for data in shown)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.spark] if name == ON_SPARK else []) for name in NAMES]
)
def test_an_example_runs_in_a_kernel_of_its_own(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)

    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]

    assert any("sparklime-explanations" in data.get("text/html", "") for data in shown)
