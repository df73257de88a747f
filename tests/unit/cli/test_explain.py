"""The command ``explain``: its warnings, and what it does while Spark starts."""

from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from sparklime_core.cli.explain import _traps
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.runs.manifest import Manifest, RunState, Writers
from sparklime_core.runs.run import Run
from tests.explain_here import TABLE, explain_here


def test_a_model_that_fails_while_traps_are_looked_for_is_one_warning() -> None:
    dataset = load_sample("penguins")
    model = train_with(dataset, ModelSettings(n_estimators=2))
    model.estimator.predict_proba = _refuse
    plan = RunPlan(dataset, model, ExplainSettings(), ExplainerSettings(), 4)

    (sentence,) = _traps(plan, ProgressLine())

    assert sentence.startswith("The search for traps in the model and its table failed")
    assert sentence.endswith("ValueError: a licence has ended.")


def _refuse(_rows: np.ndarray) -> np.ndarray:
    raise ValueError("a licence has ended")


@pytest.mark.parametrize(
    ("writers", "options", "who"),
    [
        ("driver", ["--executors-write"], "the driver writes"),
        ("driver", ["--executors-write", "--resume"], "the driver writes"),
        ("driver", [], None),
        ("executors", [], "its executors write"),
        ("executors", ["--resume"], None),
        ("executors", ["--executors-write"], None),
    ],
)
def test_a_run_that_goes_on_says_where_another_way_to_write_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], writers: Writers, options: list[str], who: str | None
) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    began = ["--executors-write"] if writers == "executors" else []
    with mock.patch("tests.explain_here.explain_run_here", _cut_off):
        explain_here(tmp_path, *began)
    assert Run(tmp_path / "out").manifest().state is RunState.CANCELLED
    capsys.readouterr()
    with mock.patch("tests.explain_here.explain_run_here", _cut_off):
        explain_here(tmp_path, *options)
    warnings = [line for line in capsys.readouterr().err.splitlines() if "goes on as it was begun" in line]
    assert len(warnings) == (who is not None)
    assert all(f"begun: {who} its results" in line for line in warnings)


def _cut_off(_spark: None, run: Run, **_options: object) -> Manifest:
    return run.finish(RunState.CANCELLED, seconds=1.0)
