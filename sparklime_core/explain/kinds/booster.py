"""`Booster`: what a gradient boosting library's own model must answer, in the values that the library knows."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from sparklime_core.errors import EngineError
from sparklime_core.explain.kinds.ensemble import Ensemble, mirrored
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, check_mode, margin_refused
from sparklime_core.explain.types import FloatArray, PredictFn

MOST_DUMP = 2**28
"""The most bytes of a model's trees, written out, that are read."""


@dataclass(frozen=True)
class BoosterFacts:
    """Facts that a booster knows of itself.

    Attributes
    ----------
    features
        Their names, where it knows them; as many empty ones where it does not.
    classes
        Names of the classes, or their numbers; None for a model of numbers.
    categories
        By feature that it takes for categories, their names in the order of its codes; none where it knows
        codes alone.
    notes
        What people should know.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...] | None
    categories: dict[int, tuple[str, ...]]
    notes: tuple[str, ...] = ()


class Booster(ModelKind):
    """A model of a gradient boosting library.

    Attributes
    ----------
    library
        What the library is called.
    suffix
        The ending of the files that `dump` writes.
    """

    library: ClassVar[str]
    suffix: ClassVar[str]

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out of the model, like its trees, is as large as the model and need not travel with it.
        return {found.name: getattr(self, found.name) for found in fields(self)}

    @property
    def name(self) -> str:
        """What the model itself is called in a sentence."""
        return f"the {self.library} model"

    @classmethod
    @abstractmethod
    def read(cls, data: bytes) -> "Booster":
        """Return the model in the bytes of a file.

        Raises
        ------
        ModelError
            When it cannot be read, or does what LIME does not explain: ranks, or predicts several targets.
        """

    @abstractmethod
    def dump(self) -> bytes:
        """Return the bytes of a file with the model."""

    def alone(self) -> "Booster":
        """Return the booster alone, without an estimator around it, with one thread."""
        return type(self).read(self.dump())

    def spelled(self, names: dict[int, tuple[str, ...]]) -> "Booster":
        """Return a model that takes codes from 0 on for these names of its categories; most know codes already."""
        return self

    def nameless(self) -> tuple[int, ...]:
        """Return the features of categories that it knows by codes alone: their order may be another one."""
        return tuple(feature for feature, names in self.facts().categories.items() if not names)

    @abstractmethod
    def facts(self) -> BoosterFacts:
        """Return the model's facts; raise `ModelError` where LIME cannot explain what it does."""

    @abstractmethod
    def knows_sentinel(self, feature: int, sentinel: float, smallest: float) -> bool | None:
        """Return whether it has learnt a number that stands for gaps, of a feature with this smallest value.

        None: the model does not say.
        """

    @abstractmethod
    def answer(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return probabilities (n, K), or values (n,), of rows (n, d) in the model's own values and precision."""

    @abstractmethod
    def scores(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores (n,) or (n, S) of rows in the model's own values."""

    @abstractmethod
    def contributions(self, rows: FloatArray) -> FloatArray:
        """Return the library's own SHAP values (n, d + 1, S) of the scores of rows; the base value is the last."""

    @abstractmethod
    def tree_sizes(self) -> Iterable[tuple[int, int]]:
        """Return how many leaves each tree has that is used, and how deep it is; nothing without trees."""

    def shap_cost(self) -> float:
        """Return the steps of SHAP values per row; see `ModelKind.shap_cost`."""
        return float(sum(leaves * depth**2 for leaves, depth in self.tree_sizes()))

    def tree_shap(self) -> TreeShap:
        """Return the library's own SHAP values; see `ModelKind.tree_shap`."""
        return TreeShap(self.contributions)

    @property
    @abstractmethod
    def adds_up(self) -> bool:
        """Whether the values that it predicts are its scores, with nothing between."""

    @abstractmethod
    def sum_of_trees(self) -> Ensemble:
        """Return the trees of its scores; raise `EngineError` where they are no trees that add up."""

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the margins; see `ModelKind.margin`. Two scores of two classes have one log-odds."""
        found = self.scores(rows)
        return found[:, 1] - found[:, 0] if found.ndim == 2 and found.shape[1] == 2 else found

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` when the model is none that has a margin."""
        self.facts()

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees; see `ModelKind.trees`."""
        classes = self.facts().classes
        check_mode(self, mode, classifies=classes is not None)
        if output == "probability" and (classes is not None or not self.adds_up):
            raise margin_refused(self.name)
        found = self.sum_of_trees()
        return found if classes is None or len(classes) > 2 else mirrored(found)

    def predict_fn(self, mode: str) -> PredictFn | None:
        """Return what lime takes; see `ModelKind.predict_fn`."""
        return super().predict_fn(mode) or self.answer


def unreadable(library: str, version: str) -> str:
    """Return the sentence, up to the library's own reason, about a file that a library of this version refuses."""
    return f"{library} cannot read the model, which is cut off, damaged, or newer than {library} {version}"


def check_dump(library: str, size: int) -> None:
    """Raise `EngineError` when a model's trees, written out, are more bytes than are read."""
    if size > MOST_DUMP:
        raise EngineError(
            f"The {library} model's trees take {size / 2**20:.0f} MiB to write out, and no more than "
            f"{MOST_DUMP / 2**20:.0f} are read; use engine 'sampled', or fewer or shallower trees."
        )


def class_names(estimator: Any, count: int) -> tuple[str, ...]:
    """Return the classes that an estimator names, or their numbers for a booster, which knows no more."""
    named = getattr(estimator, "classes_", None)
    return tuple(map(str, range(count) if named is None or not len(named) else np.asarray(named).tolist()))


def softmax(scores: FloatArray) -> FloatArray:
    """Return the probabilities of scores (n, K)."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return found


def normalised(shares: FloatArray) -> FloatArray:
    """Return probabilities (n, K) that sum to one, of classes that were each asked for against the rest."""
    found: FloatArray = shares / shares.sum(axis=1, keepdims=True)
    return found


def of_two_classes(second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the probabilities (n, 2) of which those of the second class are given, in their own precision."""
    return np.column_stack([1.0 - second, second])
