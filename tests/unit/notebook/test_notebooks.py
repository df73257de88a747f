"""The example notebooks run from top to bottom, each in a folder that is not the project's."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
ON_SPARK = {"2-on-a-cluster.ipynb": (pytest.mark.spark, pytest.mark.slow)}
"""`make test` runs its cells in the session of other tests: `tests/spark/test_notebook.py`."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=ON_SPARK.get(path.name, ()), id=path.stem)
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_example_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "kept without what it printed"

    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]

    assert any("sparklime-explanations" in data.get("text/html", "") for data in shown)
