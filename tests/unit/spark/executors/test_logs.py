"""What executors have written."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.tree import DecisionTreeRegressor

from sparklime_core.errors import SparkError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.executors import logs
from sparklime_core.spark.executors.logs import MARK, embedded_output, log_row


def test_outputs_of_executors_are_read_in_order(tmp_path):
    for executor in ("10", "9"):
        folder = tmp_path / "work" / "app-1-0000" / executor
        folder.mkdir(parents=True)
        lines = [f"{logs.MARK} executor {executor}: {n}" if n % 2 else f"INFO {n}" for n in range(100)]
        (folder / "stderr").write_text("\n".join(lines))
    first, second = logs.cluster_outputs(tmp_path, "app-1-0000", lines=3)
    assert (first.executor, second.executor) == ("9", "10")
    assert [line[-2:] for line in first.evidence] == ["95", "97", "99"]
    assert [line[-2:] for line in first.tail] == ["97", "98", "99"]


@pytest.mark.parametrize("application", ["../../etc", "app-1/../..", "", "app-", "local-1"])
def test_only_an_application_can_be_asked_for(tmp_path, application):
    with pytest.raises(SparkError, match="There is no application"):
        logs.cluster_outputs(tmp_path, application)


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_a_name_cannot_forge_a_line_of_another_executor(tmp_path, capsys, end):
    rows = np.arange(20.0).reshape(10, 2)
    names = [f"x{end}{MARK} executor 9, pid 1: FORGED", "y"]
    explainer = LimeTabularExplainer(rows, feature_names=names, mode="regression")
    model = DecisionTreeRegressor().fit(rows, rows[:, 0])
    task = prepare_task(explainer, model.predict, ExplainSettings("reference", num_samples=100))
    log_row(task, rows[0], "0", 3)
    (tmp_path / "log").write_text(capsys.readouterr().err)
    evidence = embedded_output(tmp_path / "log").evidence
    assert len(evidence) == 1
    assert "executor 9" not in evidence[0].partition(": ")[0]
