"""Trees of ``pyspark.ml`` over the features of a dataset: plain numpy, without Spark."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.ensemble import Ensemble, mirrored
from sparklime_core.explain.kinds.model_kind import ModelKind, check_mode, margin_refused
from sparklime_core.explain.types import FloatArray


@dataclass(frozen=True)
class Refused:
    """Values of a feature that the model's own stages refuse.

    Attributes
    ----------
    feature
        Which feature.
    column
        Its column's name.
    values
        (r,) the encoded values.
    texts
        (r,) how people write them.
    """

    feature: int
    column: str
    values: FloatArray
    texts: tuple[str, ...]


@dataclass(frozen=True)
class SparkTrees:
    """A sum of trees that predicts numbers.

    Attributes
    ----------
    spark_class
        What Spark calls the model.
    ensemble
        The sum; of two boosted classes, the log-odds of the second.
    refused
        Values that it cannot be asked about.
    n_features_in_
        How many features the dataset has.
    """

    spark_class: str
    ensemble: Ensemble
    refused: tuple[Refused, ...]
    n_features_in_: int

    def __repr__(self) -> str:
        return f"{self.spark_class} of {len(self.ensemble.roots)} trees"

    def sums(self, rows: Any) -> FloatArray:
        """Return the sums (n, S) of rows (n, d).

        Raises
        ------
        ModelError
            When a row holds a value that Spark refuses.
        """
        rows = np.asarray(rows, dtype=np.float64)
        for entry in self.refused:
            found = np.flatnonzero(np.isin(entry.values, rows[:, entry.feature]))
            if len(found):
                raise ModelError(
                    f"The {self.spark_class} refuses {entry.texts[found[0]]!r} in the column {entry.column!r}; "
                    "train it with handleInvalid='keep', or with an Imputer."
                )
        return self.ensemble.predict(rows)

    def predict(self, rows: Any) -> Any:
        """Return the values (n,) of rows (n, d)."""
        return self.sums(rows)[:, 0]


@dataclass(frozen=True, repr=False)
class SparkClassifier(SparkTrees):
    """A sum of trees that predicts classes.

    Attributes
    ----------
    classes_
        (K,) names of the classes.
    boosted
        Whether the sum is a margin, and not probabilities.
    spark_order
        (K,) which of Spark's own classes each is: Spark puts the most frequent one first.
    """

    classes_: tuple[str, ...]
    boosted: bool
    spark_order: tuple[int, ...]

    def predict_proba(self, rows: Any) -> FloatArray:
        """Return the classes' probabilities (n, K) of rows (n, d)."""
        sums = self.sums(rows)
        if not self.boosted:
            return sums
        second = 1.0 / (1.0 + np.exp(-sums[:, 0]))
        return np.column_stack([1.0 - second, second])

    def predict(self, rows: Any) -> Any:
        """Return the most probable classes (n,) of rows (n, d)."""
        return np.asarray(self.classes_)[self.predict_proba(rows).argmax(axis=1)]


class SparkTreeModel(ModelKind):
    """The kind of `SparkTrees`."""

    model: SparkTrees

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is of these trees."""
        return isinstance(model, SparkTrees)

    @property
    def name(self) -> str:
        """What Spark calls the model."""
        return self.model.spark_class

    @property
    def _boosted(self) -> bool:
        return isinstance(self.model, SparkClassifier) and self.model.boosted

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the log-odds; see `ModelKind.margin`. Spark's own ``rawPrediction`` is half of it."""
        return self.model.sums(rows)[:, 0]

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` where the trees are averaged: there is no margin."""
        if isinstance(self.model, SparkClassifier) and not self.model.boosted:
            super().margin(np.empty((0, 0)))

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees; see `ModelKind.trees`."""
        check_mode(self, mode, classifies=isinstance(self.model, SparkClassifier))
        if not self._boosted:
            return self.model.ensemble
        if output == "probability":
            raise margin_refused(self.name)
        return mirrored(self.model.ensemble)
