"""Warnings of the command ``explain`` before its run."""

import numpy as np
import pytest

from sparklime_core.cli.explain import _warn_of_traps
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.data.samples import load_sample
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with


def test_a_model_that_fails_while_traps_are_looked_for_is_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = load_sample("penguins")
    model = train_with(dataset, ModelSettings(n_estimators=2))
    model.estimator.predict_proba = _refuse
    plan = RunPlan(dataset, model, ExplainSettings(), ExplainerSettings(), 4)

    _warn_of_traps(plan, ProgressLine())

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sparklime: warning: The search for traps in the model and its table failed")
    assert line.endswith("ValueError: a licence has ended.")


def _refuse(_rows: np.ndarray) -> np.ndarray:
    raise ValueError("a licence has ended")
