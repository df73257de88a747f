"""LightGBM: its own dump has the trees. A value that is not above a threshold, as a double, goes to the left."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

import lightgbm
import numpy as np
import numpy.typing as npt

from sparklime_core.errors import EngineError, ModelError, raised_as
from sparklime_core.explain.kinds.booster import (
    Booster,
    BoosterFacts,
    check_dump,
    class_names,
    normalised,
    of_two_classes,
    unreadable,
)
from sparklime_core.explain.kinds.ensemble import CategorySet, Ensemble, TreeArrays, assembled
from sparklime_core.explain.types import FloatArray, IntArray

IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "custom")
LINKED = ("poisson", "gamma", "tweedie", "cross_entropy")
SEVERAL = ("multiclass", "multiclassova")
CHILDREN = re.compile(r"^left_child=(.*)\nright_child=(.*)$", re.MULTILINE)
"""Children of a tree's splits in a model file; negative numbers are leaves."""
LINEAR = "leaf_coeff"
"""What a dump has of leaves that are linear models."""


class LightGBMModel(Booster):
    """A model of LightGBM: a ``Booster``, or a fitted estimator of its scikit-learn interface."""

    library: ClassVar[str] = "LightGBM"
    suffix: ClassVar[str] = ".txt"

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is LightGBM's own; a subclass may predict anything."""
        return type(model) in (
            lightgbm.Booster,
            lightgbm.LGBMClassifier,
            lightgbm.LGBMRegressor,
            lightgbm.LGBMRanker,
        )

    @classmethod
    def read(cls, data: bytes) -> "LightGBMModel":
        """Return the model in the bytes of a ``.txt`` file; see `Booster.read`."""
        text = data.decode("utf-8", errors="replace")
        if not text.startswith("tree\n") or "end of trees" not in text:
            raise ModelError(
                "The file is no whole LightGBM model, which begins with 'tree' and has a line 'end of trees'; "
                "save it with booster.save_model."
            )
        with raised_as(ModelError, unreadable(cls.library, lightgbm.__version__)):
            return cls(lightgbm.Booster(model_str=text))

    def dump(self) -> bytes:
        """Return the bytes of a ``.txt`` file; see `Booster.dump`."""
        return bytes(self._booster.model_to_string().encode())

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        if isinstance(self.model, lightgbm.Booster):
            return self.model
        with raised_as(ModelError, f"The {type(self.model).__name__} cannot be used"):
            booster: lightgbm.Booster = self.model.booster_
        return booster

    @cached_property
    def _dump(self) -> dict[str, Any]:
        """The whole model; what predicting needs is in `_header` and `_summary`, which are small."""
        check_dump(self.library, len(self.dump()))
        found: dict[str, Any] = self._booster.dump_model()
        return found

    @cached_property
    def _summary(self) -> dict[str, Any]:
        """What a dump has of all trees together: the first ones alone are in it."""
        found: dict[str, Any] = self._booster.dump_model(num_iteration=1)
        return found

    @cached_property
    def _header(self) -> list[str]:
        return self._booster.model_to_string(num_iteration=1).partition("\n\n")[0].splitlines()

    @cached_property
    def _objective(self) -> list[str]:
        """The objective and its settings; a model of one's own objective has none."""
        named = [line.partition("=")[2] for line in self._header if line.startswith("objective=")]
        return (named or ["custom"])[0].split()

    @property
    def _scores(self) -> int:
        return int(self._booster.num_model_per_iteration())

    def facts(self) -> BoosterFacts:
        """Return the model's facts; see `Booster.facts`."""
        name = self._objective[0]
        if name not in (*IDENTITY, *LINKED, *SEVERAL, "binary") or (self._scores > 1 and name not in SEVERAL):
            raise ModelError(
                f"The LightGBM model was trained for {name!r}, which gives neither probabilities of classes nor "
                "values; SparkLIME explains classifiers and regressors."
            )
        classes = None
        if name in SEVERAL or name == "binary":
            classes = class_names(self.model, max(2, self._scores))
        names = tuple(self._summary["feature_names"])
        unnamed = all(name == f"Column_{at}" for at, name in enumerate(names))
        return BoosterFacts(("",) * len(names) if unnamed else names, classes, self._categories())

    def _categories(self) -> dict[int, tuple[str, ...]]:
        infos = self._summary["feature_infos"]
        names = self._summary["feature_names"]
        coded = [at for at, name in enumerate(names) if infos.get(name, {}).get("values")]
        known = self._summary.get("pandas_categorical") or []
        if len(known) != len(coded):
            return dict.fromkeys(coded, ())
        return {at: tuple(map(_text, names)) for at, names in zip(coded, known, strict=True)}

    def knows_sentinel(self, feature: int, sentinel: float, smallest: float) -> bool | None:
        """Return whether it has seen a value as small as the sentinel; see `Booster.knows_sentinel`."""
        info = self._summary["feature_infos"].get(self._summary["feature_names"][feature])
        return info is not None and not info["values"] and bool(info["min_value"] <= sentinel)

    def _ask(self, rows: FloatArray, *, raw: bool) -> FloatArray:
        found = self._booster.predict(rows, raw_score=raw, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    def answer(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return the model's own predictions; see `Booster.answer`."""
        found = self._ask(rows, raw=False)
        if self._objective[0] == "multiclassova":
            return normalised(found)
        return of_two_classes(found) if self._objective[0] == "binary" else found

    def scores(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `Booster.scores`. LightGBM does not average those of a forest itself."""
        return self._ask(rows, raw=True) / self._averaged

    def contributions(self, rows: FloatArray) -> FloatArray:
        """Return LightGBM's own SHAP values; see `Booster.contributions`."""
        found = np.asarray(self._booster.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64)
        return np.swapaxes(found.reshape(len(rows), self._scores, -1), 1, 2) / self._averaged

    def tree_sizes(self) -> Iterator[tuple[int, int]]:
        """Yield leaves and depth of each tree; see `Booster.tree_sizes`."""
        for sides in CHILDREN.findall(self._booster.model_to_string()):
            children = np.array([side.split() for side in sides], dtype=np.int64)
            yield children.shape[1] + 1, _depth(children)

    @property
    def _averaged(self) -> float:
        """How many rounds the scores are a mean of; 1 where they are a sum."""
        return self._booster.num_trees() / self._scores if "average_output" in self._header else 1.0

    @property
    def adds_up(self) -> bool:
        """Whether the objective has no link; see `Booster.adds_up`."""
        return self._objective[0] in IDENTITY and "sqrt" not in self._objective

    def sum_of_trees(self) -> Ensemble:
        """Return the trees; see `Booster.sum_of_trees`."""
        sets: list[CategorySet] = []
        trees = [
            _arrays(tree["tree_structure"], at % self._scores, self._scores, sets)
            for at, tree in enumerate(self._dump["tree_info"])
        ]
        return assembled(trees, np.zeros(self._scores), single=False, sets=sets).scaled(1.0 / self._averaged)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _depth(children: IntArray) -> int:
    """Return how many splits there are one below the other, of the children (2, s) of the splits."""
    level, depth = np.arange(min(1, children.shape[1])), 0
    while len(level):
        depth += 1
        level = children[:, level].ravel()
        level = level[level >= 0]
    return depth


def _walk(root: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the nodes of a tree, each after its parent, with the number of that; -1 for the root."""
    waiting = [(root, -1)]
    number = 0
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        if "split_feature" in node:
            waiting += [(node["right_child"], number), (node["left_child"], number)]
        number += 1


def _arrays(root: dict[str, Any], score: int, scores: int, sets: list[CategorySet]) -> TreeArrays:
    """Return a tree of the dump."""
    walked = list(_walk(root))
    size = len(walked)
    left, right, chosen = (np.full(size, -1, dtype=np.int64) for _ in range(3))
    feature, threshold = np.zeros(size, dtype=np.int64), np.zeros(size)
    gap_left, value, weight = np.zeros(size, dtype=np.bool_), np.zeros((size, scores)), np.zeros(size)
    for at, (node, parent) in enumerate(walked):
        if parent >= 0:
            (left if left[parent] < 0 else right)[parent] = at
        if LINEAR in node:
            raise EngineError(
                "Engine 'exact' does not know LightGBM's linear leaves (linear_tree), which the model has; "
                "use engine 'sampled', which takes any model."
            )
        weight[at] = node.get("internal_count", node.get("leaf_count", 0))
        if "split_feature" not in node:
            value[at, score] = node["leaf_value"]
            continue
        feature[at] = node["split_feature"]
        if node["decision_type"] == "==":
            chosen[at] = len(sets)
            sets.append(CategorySet(np.array(node["threshold"].split("||"), dtype=np.float64), left=True))
            continue
        threshold[at] = node["threshold"]
        gap_left[at] = _gap_turns_left(node)
    return TreeArrays(left, right, feature, threshold, gap_left, value, weight, chosen)


def _gap_turns_left(node: dict[str, Any]) -> bool:
    """Return where a gap goes: by default, or as zero does where training has seen no gap."""
    if node["missing_type"] == "Zero":
        raise EngineError(
            "Engine 'exact' does not know LightGBM's zero_as_missing, which the model was trained with; "
            "use engine 'sampled', which takes any model."
        )
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else bool(node["threshold"] >= 0.0)
