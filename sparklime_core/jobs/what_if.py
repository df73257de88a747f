"""What if this value were another? A run's model and engine, ready to explain a person's own values at once."""

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.errors import EngineError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explain_rows import explain_with, prepare_task
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import EngineName, ExplainSettings
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray, predict_fn_of
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest


@dataclass(frozen=True)
class Field:
    """The values that a person can try for a feature.

    Attributes
    ----------
    feature
        How the feature is encoded.
    low, high
        The smallest and the largest number in the table that the model has learnt from, gaps aside.
    whole
        Whether all of them are whole numbers.
    """

    feature: Feature
    low: float
    high: float
    whole: bool

    @property
    def codes(self) -> tuple[int, ...]:
        """The codes of a category that can be chosen: not the one that only stands for what was never seen."""
        missing, unseen = self.feature.missing, self.feature.unseen
        # Where rare categories were grouped, theirs is the code of unseen ones, too, and comes before the gap's.
        left_out = unseen if missing is not None and unseen is not None and unseen > missing else None
        return tuple(code for code in range(len(self.feature.categories or ())) if code != left_out)


@dataclass(frozen=True)
class Answer:
    """The model's prediction of some values, and its explanation.

    Attributes
    ----------
    probabilities
        (K,) of the classes; or the one predicted value.
    result
        The explanation of one label, as a dictionary of the result's schema.
    """

    probabilities: FloatArray
    result: Mapping[str, Any]


@dataclass(frozen=True)
class WhatIf:
    """Explains any values with a run's model, explainer, engine and seed.

    Attributes
    ----------
    task
        What an executor of the run would work with. For the engine ``reference`` it is ``sampled`` wherever that
        can serve: it gives lime's own answer, and at once.
    fields
        What can be put in for each feature.
    """

    task: ExplainTask
    fields: tuple[Field, ...]

    def explain(self, rows: FloatArray, label: int) -> list[Answer]:
        """Explain a label of rows (n, d).

        Returns
        -------
        list of Answer
            One a row; where a row cannot be explained, its result says why.
        """
        settings = dataclasses.replace(self.task.settings, labels=(label,))
        task = dataclasses.replace(self.task, settings=settings)
        probabilities = task.examine(rows)[1]
        results = explain_with(task, rows, np.arange(len(rows), dtype=np.int64)).to_pylist()
        return [Answer(found, result) for found, result in zip(probabilities, results, strict=True)]

    def profiles(self, rows: FloatArray, label: int | None) -> list[dict[str, Any]]:
        """Return results of rows (n, d) with a profile for every feature, whichever an explanation would name.

        Parameters
        ----------
        rows
            Of the run's table, encoded.
        label
            The label to explain; None: each row's most probable one.
        """
        labels: Any = "predicted" if label is None else (label,)
        settings = dataclasses.replace(self.task.settings, labels=labels, num_features=rows.shape[1])
        task = dataclasses.replace(self.task, settings=settings)
        results: list[dict[str, Any]] = explain_with(task, rows, np.arange(len(rows), dtype=np.int64)).to_pylist()
        return results


def prepare_what_if(manifest: Manifest, inputs: Inputs) -> WhatIf:
    """Prepare a run's task as its executors did, which takes as long as a run's start.

    Raises
    ------
    SparkLimeError
        When the run's model and settings do not go together any more.
    """
    own = manifest.explain.engine
    engines = ("sampled", own) if ENGINES[own].is_slow else (own,)
    settings = dataclasses.replace(manifest.explain, labels="predicted", profiles=True)
    return WhatIf(_prepare(manifest, inputs, settings, engines), fields_of(inputs.learnt_from))


def prepare_any_width(manifest: Manifest, inputs: Inputs) -> ExplainTask:
    """Prepare a task for `explain.locality.LocalityDial`, which explains a row of a run at any kernel width.

    Its engine is ``exact``, which serves any width, if it serves the run's model; otherwise
    ``sampled``.

    Raises
    ------
    SparkLimeError
        When neither serves the run's model and settings.
    """
    settings = dataclasses.replace(manifest.explain, labels="all", profiles=True)
    return _prepare(manifest, inputs, settings, ("exact", "sampled"))


def _prepare(
    manifest: Manifest, inputs: Inputs, settings: ExplainSettings, engines: tuple[EngineName, ...]
) -> ExplainTask:
    """Prepare the first of the engines that can serve; the last one's error is raised where none can."""
    explainer = build_explainer(inputs.learnt_from, manifest.explainer)
    predict_fn = predict_fn_of(inputs.estimator)
    *others, last = engines
    for engine in others:
        with contextlib.suppress(EngineError):
            return prepare_task(explainer, predict_fn, dataclasses.replace(settings, engine=engine))
    return prepare_task(explainer, predict_fn, dataclasses.replace(settings, engine=last))


def fields_of(dataset: Dataset) -> tuple[Field, ...]:
    """Return the observed range of each feature."""
    return tuple(_field(feature, dataset.features[:, at]) for at, feature in enumerate(dataset.encoding.features))


def _field(feature: Feature, column: FloatArray) -> Field:
    observed = column[np.isfinite(column)]
    if feature.categories is None and feature.missing is not None:
        observed = observed[observed != feature.missing]
    if not len(observed):
        return Field(feature, 0.0, 0.0, whole=False)
    whole = bool((observed == np.round(observed)).all()) and float(np.abs(observed).max()) < 2**53
    return Field(feature, float(observed.min()), float(observed.max()), whole)
