"""The kinds of models, and which one a model is of. A kind's module is imported when a model may be of it."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sparklime_core.explain.kinds.model_kind import ModelKind
from sparklime_core.extras import extras_named


@dataclass(frozen=True)
class Entry:
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
    Entry("scikit-learn's trees and forests", "sklearn", "averaged_trees:AveragedTrees"),
    Entry(None, "sparklime_core", "raw_columns:RawColumns"),
    Entry("scikit-learn's gradient boosting", "sklearn", "gradient_boosting:GradientBoosting"),
    Entry("scikit-learn's boosting on histograms", "sklearn", "binned_boosting:BinnedBoosting"),
    Entry("XGBoost", "xgboost", "xgboost_model:XGBoostModel", (".json", ".ubj")),
    Entry("LightGBM", "lightgbm", "lightgbm_model:LightGBMModel", (".txt",)),
    Entry("CatBoost", "catboost", "catboost_model:CatBoostModel", (".cbm",)),
    Entry("Spark's trees", "sparklime_core", "spark_trees:SparkTreeModel", (".sparktrees",)),
    Entry(None, "sparklime_core", "encoded_booster:EncodedBoosting"),
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
