"""The task that explains one row of a run at any kernel width."""

import dataclasses

from sparklime_core.errors import EngineError
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.task import ExplainTask
from sparklime_core.jobs.runner import predict_fn_of
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest


def prepare_any_width(manifest: Manifest, inputs: Inputs) -> ExplainTask:
    """Prepare a task for `explain.locality.LocalityDial`.

    Its engine is ``exact``, which serves any width, if it serves the run's model; otherwise
    ``sampled``.

    Raises
    ------
    SparkLimeError
        When neither serves the run's model and settings.
    """
    explainer = build_explainer(inputs.learnt_from, manifest.explainer)
    predict_fn = predict_fn_of(inputs.estimator)
    settings = dataclasses.replace(manifest.explain, engine="exact", labels="all", profiles=True)
    try:
        return prepare_task(explainer, predict_fn, settings)
    except EngineError:
        return prepare_task(explainer, predict_fn, dataclasses.replace(settings, engine="sampled"))
