"""Where progress is drawn."""

import sys
from types import SimpleNamespace

import ipykernel  # noqa: F401 - as mlflow imports it: that makes no notebook
import pytest

from sparklime_core.cli.progress import ProgressLine


@pytest.mark.parametrize(("shell", "drawn"), [(None, False), (SimpleNamespace(kernel="a kernel"), True)])
def test_it_is_drawn_where_a_kernel_runs(
    shell: object, drawn: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    line = ProgressLine()
    line.say("reading")
    line.close()

    assert ("reading" in capsys.readouterr().err) is drawn
