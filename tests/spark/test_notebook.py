"""The example notebook on a cluster, from top to bottom in the session that the tests share.

`tests/unit/notebook` runs all notebooks in kernels of their own, in `make test-all`.
"""

from pathlib import Path

import pytest

import sparklime_core
from tests.notebook_cells import run_notebook
from tests.spark.conftest import EMBEDDED

pytestmark = pytest.mark.spark


def test_the_example_on_a_cluster_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_MASTER", EMBEDDED)
    monkeypatch.setattr(sparklime_core, "disconnect", lambda: None)
    names = {}
    shown = run_notebook("2-on-a-cluster.ipynb", names)

    (page,) = [data["text/html"] for data in shown if "sparklime-explanations" in data.get("text/html", "")]
    assert page
    assert names["spark"] is sparklime_core.connect(EMBEDDED)
