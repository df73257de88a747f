"""Make an `ExplainTask` on the driver: check explainer, model and settings, and prepare the engine."""

import dataclasses

from sparklime_core.errors import EngineError, SettingsError, raised_as
from sparklime_core.explain.engine import Engine
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.feature_selection import check_selection
from sparklime_core.explain.features import check_fit
from sparklime_core.explain.pool import typical_rows
from sparklime_core.explain.predict_function import predict_columns, resolve_predict
from sparklime_core.explain.settings import EngineName, ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import Explainer, PredictFn
from sparklime_core.explain.vocabulary import build_vocabulary


def prepare_task(explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> ExplainTask:
    """Check everything that does not depend on the rows, and prepare the engine.

    Raises
    ------
    EngineError
        When the engine cannot serve this explainer or model.
    ModelError
        When the model's margin is wanted, and it has none.
    PredictionError
        When the predict function returns what lime cannot use.
    SettingsError
        When a label is asked for that the model does not have.
    """
    with raised_as(EngineError, "The explainer cannot be used"):
        return _prepared(explainer, predict_fn, settings)


def _prepared(explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> ExplainTask:
    check_fit(explainer)
    check_selection(explainer.feature_selection)
    predict_fn = resolve_predict(predict_fn, explainer.mode, settings.output)
    names = _label_names(explainer, predict_fn)
    if explainer.mode == "regression":
        settings = dataclasses.replace(settings, labels="all")
    elif settings.output == "margin" and len(names) == 2 and isinstance(settings.labels, str):
        settings = dataclasses.replace(settings, labels=(1,))
    elif not isinstance(settings.labels, str) and max(settings.labels) >= len(names):
        raise SettingsError(
            f"Label {max(settings.labels)} was asked for, but the classes are 0 to {len(names) - 1}."
        )
    engine: Engine = ENGINES[settings.engine].load().prepare(explainer, predict_fn, settings)
    return ExplainTask(explainer, predict_fn, settings, engine, build_vocabulary(explainer, names))


def prepare_engine(name: EngineName, task: ExplainTask) -> Engine:
    """Prepare another engine for the explainer, the model and the settings of a task.

    Raises
    ------
    EngineError
        When the engine cannot serve them.
    """
    settings = dataclasses.replace(task.settings, engine=name)
    engine: Engine = ENGINES[name].load().prepare(task.explainer, task.predict_fn, settings)
    return engine


def _label_names(explainer: Explainer, predict_fn: PredictFn) -> tuple[str, ...]:
    """Name the labels, after one call that shows that the predict function works at all."""
    columns = predict_columns(predict_fn, typical_rows(explainer, BLOCK_ROWS), explainer.mode).shape[1]
    named = None if explainer.class_names is None else list(explainer.class_names)
    if explainer.mode == "regression":
        return (str(named[0]) if named is not None and len(named) == 1 else "prediction",)
    if named is None:
        return tuple(str(label) for label in range(columns))
    if len(named) != columns:
        raise EngineError(f"The explainer names {len(named)} classes, but the model predicts {columns}.")
    return tuple(str(name) for name in named)
