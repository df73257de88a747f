"""`ModelKind`: what engines and executors need to know of a model; `KINDS`: all kinds, and `kind_of` a model.

A kind's module is imported when a model may be of it. `Margin` is a model's raw score as a function, and
`read_ensemble` finds the sum of trees behind a function.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from sparklime_core.errors import EngineError, ModelError
from sparklime_core.explain.kinds.ensemble import Ensemble
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn
from sparklime_core.extras import extras_named


@dataclass(frozen=True)
class TreeShap:
    """SHAP values by the trees of a model.

    Attributes
    ----------
    contributions
        Rows (n, d) to SHAP values (n, d + 1, S) of S scores; the last of each row is the base value.
    adds_up_to
        What base value and SHAP values add up to: ``"probability"`` (in regression: the prediction) or
        ``"margin"``.
    """

    contributions: Callable[[Any], FloatArray]
    adds_up_to: str = "margin"


@dataclass(frozen=True)
class ModelKind(ABC):
    """A model of one kind. Margins and sums of trees are refused by name where a kind has none.

    Attributes
    ----------
    model
        What people have: a fitted estimator, or a library's own model.
    """

    model: Any

    @classmethod
    @abstractmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is of this kind."""

    @property
    def name(self) -> str:
        """What the model itself is called in a sentence."""
        return type(self.model).__name__

    def use_one_thread(self) -> None:
        """Let the model start no threads of its own: Spark has one task for each core already."""
        if getattr(self.model, "n_jobs", None) not in (None, 1):
            self.model.n_jobs = 1

    def predict_fn(self, mode: str) -> PredictFn | None:
        """Return what lime takes in its ``mode``; None where the model has no such function."""
        found: PredictFn | None = getattr(self.model, predict_name(mode), None)
        return found

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores of rows (n, d): (n,) where there is one, of the second class; else (n, K)."""
        raise ModelError(f"{self.name} has no margin, which only boosted trees have; use output='probability'.")

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` when the model has no margin in lime's ``mode``."""
        if type(self).margin is ModelKind.margin:
            self.margin(np.empty((0, 0)))

    def shap_cost(self) -> float:
        """Return the steps that `tree_shap` takes per row: leaves times squared depth, over all trees."""
        return 0.0

    def tree_shap(self) -> TreeShap:
        """Return the model's SHAP values by its trees; raise `ModelError` where there are none."""
        raise ModelError(f"There is no fast way to SHAP values of {self.name}.")

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the sum of trees that the model's output is.

        Parameters
        ----------
        mode
            lime's ``"classification"`` or ``"regression"``.
        output
            ``"probability"`` (in regression: the prediction), or ``"margin"``.

        Raises
        ------
        EngineError
            When that is no sum of trees; the message names the way out.
        """
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {self.name}, which is no sum of trees; "
            "use engine 'sampled', which takes any model."
        )


@dataclass(frozen=True)
class Margin:
    """The margin of a model as a function of rows, one column a label.

    Two classes share one margin m, of the second class: the first one's is -m, as its log-odds are.
    """

    kind: ModelKind
    mode: str

    @property
    def __self__(self) -> Any:
        """The model, as bound methods have it."""
        return self.kind.model

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return (n, K) margins, or (n,) in regression."""
        found = np.asarray(self.kind.margin(rows), dtype=np.float64)
        if self.mode == "regression" or found.ndim == 2:
            return found
        return np.column_stack([-found, found])


def by_feature(contributions: FloatArray, features: IntArray, width: int) -> FloatArray:
    """Return the SHAP values (n, w + 1, S) of a model's own w columns as those of a dataset's features.

    Parameters
    ----------
    features
        (w,) which feature each column is.
    width
        How many features the dataset has.
    """
    found = np.zeros((len(contributions), width + 1, contributions.shape[2]))
    for at, feature in enumerate([*features.tolist(), width]):
        found[:, feature] += contributions[:, at]
    return found


def predict_name(mode: str) -> str:
    """Return the name of the method that lime's mode needs."""
    return "predict" if mode == "regression" else "predict_proba"


def margin_refused(name: str) -> EngineError:
    """Return the error where a boosted model's probability was to be explained by the engine ``exact``."""
    return EngineError(
        f"Engine 'exact' cannot explain the probability of {name}, which is no sum of trees; its margin "
        "is: use output='margin', or engine 'sampled'."
    )


def check_mode(kind: ModelKind, mode: str, *, classifies: bool) -> None:
    """Raise `EngineError` when a model of numbers is asked for classes, or the other way round."""
    if classifies == (mode == "regression"):
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {kind.name}; use engine 'sampled', which takes any model."
        )


@dataclass(frozen=True)
class KindEntry:
    """Where a kind is, and whose models may be of it.

    Attributes
    ----------
    title
        What its models are called; None where they are no sums of trees, which the engine ``exact`` needs.
    library
        The package, by the name that is imported, that the classes of its models come from.
    home
        Module and class of the kind.
    suffixes
        The endings of the files that the kind's models are read from, where they are no skops files.
    """

    title: str | None
    library: str
    home: str
    suffixes: tuple[str, ...] = ()

    def load(self) -> type[ModelKind]:
        """Import the kind; raise `MissingExtraError` where its library is not installed."""
        module, name = self.home.split(":")
        with extras_named():
            found: type[ModelKind] = getattr(import_module(f"sparklime_core.explain.kinds.{module}"), name)
        return found


KINDS = (
    KindEntry("scikit-learn's trees and forests", "sklearn", "sklearn_trees:AveragedTrees"),
    KindEntry(None, "sparklime_core", "recoded_models:RawColumns"),
    KindEntry("scikit-learn's gradient boosting", "sklearn", "sklearn_trees:GradientBoosting"),
    KindEntry("scikit-learn's boosting on histograms", "sklearn", "sklearn_trees:BinnedBoosting"),
    KindEntry("XGBoost", "xgboost", "xgboost_model:XGBoostModel", (".json", ".ubj")),
    KindEntry("LightGBM", "lightgbm", "lightgbm_model:LightGBMModel", (".txt",)),
    KindEntry("CatBoost", "catboost", "catboost_model:CatBoostModel", (".cbm",)),
    KindEntry("Spark's trees", "sparklime_core", "spark_trees:SparkTreeModel", (".sparktrees",)),
    KindEntry(None, "sparklime_core", "recoded_models:EncodedBoosting"),
)
"""All kinds; the first one that serves a model is its own."""

SUFFIXES = {suffix: entry for entry in KINDS for suffix in entry.suffixes}
"""The kinds by the endings of their files."""


def kind_of(model: Any) -> ModelKind | None:
    """Return a model as one of its kind; None for a model of no kind that is known here."""
    if isinstance(model, ModelKind):
        return model
    libraries = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    for entry in KINDS:
        if entry.library in libraries:
            kind = entry.load()
            if kind.serves(model):
                return kind(model)
    return None


def read_ensemble(predict_fn: PredictFn, mode: str) -> Ensemble:
    """Read the sum of trees behind a margin, or a bound ``predict_proba`` (``predict`` in regression).

    Raises
    ------
    EngineError
        When the function is anything else, or the model of a kind whose expectations have no closed form here.
    """
    needed = predict_name(mode)
    margin = isinstance(predict_fn, Margin)
    model = getattr(predict_fn, "__self__", None)
    known = margin or isinstance(model, ModelKind) or getattr(predict_fn, "__name__", None) == needed
    if model is None or not known:
        name = getattr(predict_fn, "__qualname__", type(predict_fn).__name__)
        raise EngineError(
            f"Engine 'exact' in {mode} needs the bound {needed} of a tree ensemble (or the estimator itself), "
            f"not {name!r}; use engine 'sampled', which takes any predict function."
        )
    kind = predict_fn.kind if isinstance(predict_fn, Margin) else kind_of(model)
    if kind is None:
        titles = ", ".join(entry.title for entry in KINDS if entry.title)
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {type(model).__name__}; it knows {titles}. "
            "Use engine 'sampled', which takes any model."
        )
    return kind.trees(mode, "margin" if margin else "probability")
