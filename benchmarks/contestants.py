"""The contestants: each is prepared once, then explains rows."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shap

from benchmarks.problems import NUM_SAMPLES, Problem
from benchmarks.recipe import recipe
from sparklime_core.explain.explain_rows import explain_with, prepare_task
from sparklime_core.explain.settings import ExplainSettings

KERNEL_BACKGROUND = 50
"""Background rows of SHAP's KernelExplainer; its cost is proportional to them."""

Explain = Callable[[np.ndarray], object]


@dataclass(frozen=True)
class Contestant:
    """A way to explain rows.

    Attributes
    ----------
    name
        As the tables have it.
    prepare
        Does what is done once a model, and returns the function that explains rows.
    rows
        The fewest rows that are timed together; the race takes a multiple of them.
    clock
        What times it, in seconds: this process's own time, which other work does not add to.
    """

    name: str
    prepare: Callable[[Problem], Explain]
    rows: int
    clock: Callable[[], float] = time.process_time


def lime_itself(problem: Problem) -> Explain:
    """Explain row by row with ``explain_instance``, the predicted class of each row."""

    def explain(rows: np.ndarray) -> object:
        labels = problem.model.predict_proba(rows).argmax(axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [
                problem.explainer.explain_instance(
                    row,
                    problem.model.predict_proba,
                    labels=(int(label),),
                    num_features=problem.num_features,
                    num_samples=NUM_SAMPLES,
                ).as_list(label=int(label))
                for row, label in zip(rows, labels, strict=True)
            ]

    return explain


def engine(name: str) -> Callable[[Problem], Explain]:
    """Explain with one of the project's engines, the predicted class of each row."""

    def prepare(problem: Problem) -> Explain:
        settings = ExplainSettings(name, num_features=problem.num_features, num_samples=NUM_SAMPLES)
        task = prepare_task(problem.explainer, problem.model.predict_proba, settings)
        return lambda rows: explain_with(task, rows, np.arange(len(rows)))

    return prepare


def tree_shap(problem: Problem) -> Explain:
    """Explain with SHAP's TreeExplainer (C++): all classes at once, by the trees' own counts."""
    explainer = shap.TreeExplainer(problem.model)
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


def kernel_shap(problem: Problem) -> Explain:
    """Explain with SHAP's KernelExplainer, its default number of samples."""
    background = shap.sample(problem.table[0], KERNEL_BACKGROUND, random_state=0)
    explainer = shap.KernelExplainer(problem.model.predict_proba, background)
    return lambda rows: explainer.shap_values(rows, silent=True)


LIME = Contestant("lime", lime_itself, rows=4)
RECIPE = Contestant("the recipe's UDF", recipe, rows=16, clock=time.perf_counter)
SAMPLED = Contestant("sampled", engine("sampled"), rows=512)
EXACT = Contestant("exact", engine("exact"), rows=512)
TREE_SHAP = Contestant("SHAP TreeExplainer", tree_shap, rows=64)
KERNEL_SHAP = Contestant("SHAP KernelExplainer", kernel_shap, rows=1)

ALL = {each.name: each for each in (LIME, RECIPE, SAMPLED, EXACT, TREE_SHAP, KERNEL_SHAP)}
