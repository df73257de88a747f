"""Make an `ExplainTask` on the driver: check explainer, model and settings, and prepare the engine."""

import dataclasses
from typing import Protocol

import numpy as np

from sparklime_core.errors import EngineError, SettingsError
from sparklime_core.explain.engine import Engine
from sparklime_core.explain.exact.exact_engine import ExactEngine
from sparklime_core.explain.predict_function import predict_columns, resolve_predict
from sparklime_core.explain.reference_engine import ReferenceEngine
from sparklime_core.explain.sampled_engine import SampledEngine
from sparklime_core.explain.settings import EngineName, ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import Explainer, PredictFn
from sparklime_core.explain.vocabulary import build_vocabulary


class EngineClass(Protocol):
    """What stands behind an engine's name."""

    def prepare(self, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> Engine:
        """Do once whatever can be done without the rows."""
        ...


ENGINES: dict[EngineName, EngineClass] = {
    "reference": ReferenceEngine,
    "sampled": SampledEngine,
    "exact": ExactEngine,
}


def prepare_task(explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> ExplainTask:
    """Check everything that does not depend on the rows, and prepare the engine.

    Raises
    ------
    EngineError
        When the engine cannot serve this explainer or model.
    PredictionError
        When the predict function returns what lime cannot use.
    SettingsError
        When a label is asked for that the model does not have.
    """
    if not hasattr(explainer, "explain_instance") or not hasattr(explainer, "feature_names"):
        raise EngineError(f"A fitted LimeTabularExplainer is needed, not {type(explainer).__name__}.")
    predict_fn = resolve_predict(predict_fn, explainer.mode)
    names = _label_names(explainer, predict_fn)
    if explainer.mode == "regression":
        settings = dataclasses.replace(settings, labels="all")
    elif not isinstance(settings.labels, str) and max(settings.labels) >= len(names):
        raise SettingsError(
            f"Label {max(settings.labels)} was asked for, but the classes are 0 to {len(names) - 1}."
        )
    engine = ENGINES[settings.engine].prepare(explainer, predict_fn, settings)
    return ExplainTask(explainer, predict_fn, settings, engine, build_vocabulary(explainer, names))


def _label_names(explainer: Explainer, predict_fn: PredictFn) -> tuple[str, ...]:
    """Name the labels, after one call that shows that the predict function works at all."""
    probe = np.zeros((BLOCK_ROWS, len(explainer.feature_names)))
    for feature, values in explainer.feature_values.items():
        if explainer.discretizer is None or feature not in explainer.discretizer.lambdas:
            probe[:, feature] = values[0]
    columns = predict_columns(predict_fn, probe, explainer.mode).shape[1]
    named = explainer.class_names
    if explainer.mode == "regression":
        return (str(named[0]) if named is not None and len(named) == 1 else "prediction",)
    if named is None:
        return tuple(str(label) for label in range(columns))
    if len(named) != columns:
        raise EngineError(f"The explainer names {len(named)} classes, but the model predicts {columns}.")
    return tuple(str(name) for name in named)
