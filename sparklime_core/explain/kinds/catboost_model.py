"""CatBoost: its JSON export has the trees. A value goes to the right where it is above a border, as a float32."""

import json
import tempfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import catboost
import numpy as np
import numpy.typing as npt

from sparklime_core.errors import EngineError, ModelError, raised_as
from sparklime_core.explain.kinds.booster import (
    Booster,
    BoosterFacts,
    check_dump,
    class_names,
    normalised,
    unreadable,
)
from sparklime_core.explain.kinds.ensemble import CategorySet, Ensemble, TreeArrays, assembled
from sparklime_core.explain.types import FloatArray, IntArray

IDENTITY = ("RMSE", "MAE", "Quantile", "MultiQuantile", "Huber", "Expectile", "Lq", "MAPE", "LogCosh")
LOGARITHM = ("Poisson", "Tweedie")
CLASSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")
MAGIC = b"CBM1"
UNKNOWN = "a category that nobody has"


@dataclass(frozen=True)
class CatBoostModel(Booster):
    """A model of CatBoost.

    Attributes
    ----------
    names
        By feature that it takes for categories, the names that codes from 0 on stand for: it is given names.
    """

    library: ClassVar[str] = "CatBoost"
    suffix: ClassVar[str] = ".cbm"
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is CatBoost's own; a subclass may predict anything."""
        kinds = (catboost.CatBoost, catboost.CatBoostClassifier, catboost.CatBoostRegressor)
        return type(model) in (*kinds, catboost.CatBoostRanker)

    @classmethod
    def read(cls, data: bytes) -> "CatBoostModel":
        """Return the model in the bytes of a ``.cbm`` file; see `Booster.read`."""
        if not data.startswith(MAGIC):
            raise ModelError(
                "The file is no CatBoost model (it does not begin with 'CBM1'); save it with save_model."
            )
        with raised_as(ModelError, unreadable(cls.library, catboost.__version__)):
            return cls(catboost.CatBoost().load_model(blob=data))

    def dump(self) -> bytes:
        """Return the bytes of a ``.cbm`` file; see `Booster.dump`."""
        return self._saved("cbm")

    def spelled(self, names: dict[int, tuple[str, ...]]) -> "CatBoostModel":
        """Return the model that knows codes of these categories by names, or by themselves where it learnt so.

        What it has learnt, a name or a code, is what its trees part.
        """
        found = {}
        for feature in self.model.get_cat_feature_indices():
            known = names.get(feature, ())
            codes = tuple(map(str, range(len(known))))
            by_code = not self._parts(feature, known) and self._parts(feature, codes)
            found[feature] = codes if by_code else known
        return replace(self, names=found)

    def nameless(self) -> tuple[int, ...]:
        """Return the features of categories that it was taught by codes; see `Booster.nameless`."""
        return tuple(at for at, names in self.names.items() if names == tuple(map(str, range(len(names)))))

    def _parts(self, feature: int, names: tuple[str, ...]) -> bool:
        leaves = self._leaves(feature, names)
        return bool((leaves != leaves[-1:]).any())

    def _leaves(self, feature: int, names: tuple[str, ...]) -> IntArray:
        """Return the leaves (k + 1, T) that rows reach with each of some names, and with an unknown one last."""
        coded = self.model.get_cat_feature_indices()
        rows = np.zeros((len(names) + 1, len(self.model.feature_names_)), dtype=object)
        rows[:, coded] = UNKNOWN
        rows[:-1, feature] = names
        pool = catboost.Pool(rows, cat_features=coded)
        return np.asarray(self.model.calc_leaf_indexes(pool, thread_count=1), dtype=np.int64)

    def _saved(self, form: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model")
            with raised_as(ModelError, f"The {type(self.model).__name__} cannot be used"):
                self.model.save_model(str(path), format=form)
            if form == "json":
                check_dump(self.library, path.stat().st_size)
            return path.read_bytes()

    @cached_property
    def _json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._saved("json"))
        return found

    @cached_property
    def _loss(self) -> str:
        return str(json.loads(self.model.get_metadata()["params"])["loss_function"]["type"])

    def facts(self) -> BoosterFacts:
        """Return the model's facts; see `Booster.facts`."""
        several = len(self._json["scale_and_bias"][1]) > 1 and self._loss not in CLASSES
        if several or self._loss not in (*IDENTITY, *LOGARITHM, *CLASSES):
            raise ModelError(
                f"The CatBoost model was trained for {self._loss!r}, which gives neither probabilities of classes "
                "nor one value; SparkLIME explains classifiers and regressors."
            )
        extra = [name for name in ("text_features", "embedding_features") if self._json["features_info"].get(name)]
        if extra:
            raise ModelError(f"The CatBoost model has {extra[0].replace('_', ' ')}, which no table here holds.")
        names = tuple(self.model.feature_names_)
        unnamed = all(name == str(at) for at, name in enumerate(names))
        classes = None
        if self._loss in CLASSES:
            classes = class_names(self.model, max(2, len(self._json["scale_and_bias"][1])))
        coded: dict[int, tuple[str, ...]] = {int(at): () for at in self.model.get_cat_feature_indices()}
        return BoosterFacts(("",) * len(names) if unnamed else names, classes, coded)

    def knows_sentinel(self, feature: int, sentinel: float, smallest: float) -> bool | None:
        """Return whether it has seen no gap, but parts the sentinel from others; see `Booster.knows_sentinel`."""
        for info in self._json["features_info"].get("float_features", ()):
            if info["flat_feature_index"] == feature:
                parts = any(sentinel <= border < smallest for border in info["borders"] or ())
                return not info["has_nans"] or parts
        return False

    def _table(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return rows with names of categories, where there are any."""
        if not self.names:
            return rows
        found = rows.astype(object)
        for feature, names in self.names.items():
            spelling = np.array([*names, UNKNOWN], dtype=object)
            codes = np.nan_to_num(rows[:, feature], nan=len(names)).astype(np.int64)
            found[:, feature] = spelling[np.where((codes < 0) | (codes > len(names)), len(names), codes)]
        return found

    def _ask(self, rows: FloatArray, kind: str) -> FloatArray:
        pool = catboost.Pool(self._table(rows), cat_features=sorted(self.names) or None)
        found = self.model.predict(pool, prediction_type=kind, thread_count=1)
        return np.asarray(found, dtype=np.float64)

    def answer(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return the model's own predictions; see `Booster.answer`."""
        if self._loss in CLASSES:
            found = self._ask(rows, "Probability")
            return normalised(found) if self._loss == "MultiClassOneVsAll" else found
        return self._ask(rows, "Exponent" if self._loss in LOGARITHM else "RawFormulaVal")

    def scores(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `Booster.scores`."""
        return self._ask(rows, "RawFormulaVal")

    def contributions(self, rows: FloatArray) -> FloatArray:
        """Return CatBoost's own SHAP values; see `Booster.contributions`."""
        pool = catboost.Pool(self._table(rows), cat_features=sorted(self.names) or None)
        found = np.asarray(self.model.get_feature_importance(pool, type="ShapValues", thread_count=1))
        return np.swapaxes(found.reshape(len(rows), -1, found.shape[-1]), 1, 2)

    def tree_sizes(self) -> list[tuple[int, int]]:
        """Return leaves of all scores, and the most depth, of each tree; see `Booster.tree_sizes`."""
        deepest = int(json.loads(self.model.get_metadata()["params"])["tree_learner_options"]["depth"])
        scores = len(np.atleast_1d(self.model.get_scale_and_bias()[1]))
        leaves = [int(count) for count in self.model.get_tree_leaf_counts()]
        return [(count * scores, min(deepest, count - 1)) for count in leaves]

    @property
    def adds_up(self) -> bool:
        """Whether the loss has no link; see `Booster.adds_up`."""
        return self._loss in IDENTITY

    def sum_of_trees(self) -> Ensemble:
        """Return the trees; see `Booster.sum_of_trees`."""
        scale, bias = self._json["scale_and_bias"]
        splits = _Splits(self)
        if "oblivious_trees" in self._json:
            trees = [
                _oblivious(tree, at, len(bias), splits) for at, tree in enumerate(self._json["oblivious_trees"])
            ]
        else:
            trees = [_nested(tree, len(bias), splits) for tree in self._json["trees"]]
        found = assembled(trees, np.zeros(len(bias)), single=True, sets=splits.sets).scaled(scale)
        return replace(found, offset=found.offset + np.asarray(bias))


class _Splits:
    """The splits of a model's trees: borders of numbers, and which categories turn right."""

    def __init__(self, kind: CatBoostModel) -> None:
        info = kind._json["features_info"]
        self._numbers = {found["feature_index"]: found for found in info.get("float_features", ())}
        self._coded = {
            found["feature_index"]: found["flat_feature_index"] for found in info.get("categorical_features", ())
        }
        self._statistics = info.get("ctrs") or []
        self._first = sum(len(found["borders"] or ()) for found in self._numbers.values())
        self._first += sum(len(found.get("values", ())) for found in info.get("categorical_features", ()))
        self._leaves = {feature: kind._leaves(feature, names) for feature, names in kind.names.items()}
        self.sets: list[CategorySet] = []

    def number(self, split: dict[str, Any]) -> tuple[int, float, bool]:
        """Return a split's feature and border, and whether a gap goes to the left."""
        found = self._numbers[split["float_feature_index"]]
        return found["flat_feature_index"], float(split["border"]), found["nan_value_treatment"] != "AsTrue"

    def categories(self, split: dict[str, Any], tree: int, level: int) -> tuple[int, int, bool]:
        """Return a split's feature, its set of categories, and whether what is in none goes to the left.

        The model itself is asked where it sends them.
        """
        feature = self._coded[self._feature(split)]
        right = ((self._leaves[feature][:, tree] >> level) & 1) != 0
        # The set has the categories that do not go where an unknown one goes.
        self.sets.append(CategorySet(np.flatnonzero(right != right[-1]).astype(np.float64), left=bool(right[-1])))
        return feature, len(self.sets) - 1, not right[-1]

    def _feature(self, split: dict[str, Any]) -> int:
        if split["split_type"] == "OneHotFeature":
            return int(split["cat_feature_index"])
        at = split["split_index"] - self._first
        for statistic in self._statistics:
            if at < len(statistic["borders"]):
                elements = statistic["elements"]
                if len(elements) == 1 and "cat_feature_index" in elements[0]:
                    return int(elements[0]["cat_feature_index"])
                break
            at -= len(statistic["borders"])
        raise EngineError(
            "Engine 'exact' does not know CatBoost's splits on several features at once, which the model has "
            "(max_ctr_complexity=1 avoids them); use engine 'sampled', which takes any model."
        )


def _oblivious(tree: dict[str, Any], number: int, scores: int, splits: _Splits) -> TreeArrays:
    """Return a tree whose levels have one split each; its nodes are numbered level by level."""
    levels = tree["splits"] or []
    inner = 2 ** len(levels) - 1
    size = 2 * inner + 1
    node = np.arange(size)
    level = np.minimum(np.floor(np.log2(node + 1)).astype(np.int64), len(levels))
    feature, threshold = np.zeros(len(levels) + 1, dtype=np.int64), np.zeros(len(levels) + 1)
    gap, chosen = np.zeros(len(levels) + 1, dtype=np.bool_), np.full(len(levels) + 1, -1, dtype=np.int64)
    for at, split in enumerate(levels):
        if split["split_type"] == "FloatFeature":
            feature[at], threshold[at], gap[at] = splits.number(split)
        else:
            feature[at], chosen[at], gap[at] = splits.categories(split, number, at)
    # A leaf's place has the turns of all levels as bits, the first one highest; its number has them lowest.
    place = np.arange(inner + 1)
    leaf = sum((((place >> (len(levels) - 1 - at)) & 1) << at for at in range(len(levels))), np.zeros_like(place))
    value, weight = np.zeros((size, scores)), np.zeros(size)
    value[inner:] = np.asarray(tree["leaf_values"], dtype=np.float64).reshape(-1, scores)[leaf]
    weight[inner:] = np.asarray(tree["leaf_weights"], dtype=np.float64)[leaf]
    for at in range(inner - 1, -1, -1):
        weight[at] = weight[2 * at + 1] + weight[2 * at + 2]
    is_split = node < inner
    return TreeArrays(
        left=np.where(is_split, 2 * node + 1, -1),
        right=np.where(is_split, 2 * node + 2, -1),
        feature=feature[level],
        threshold=threshold[level],
        gap_left=gap[level],
        value=value,
        weight=weight,
        chosen=np.where(is_split, chosen[level], -1),
    )


def _nested(root: dict[str, Any], scores: int, splits: _Splits) -> TreeArrays:
    """Return a tree of other policies of growing; its nodes come after their parents."""
    walked: list[tuple[dict[str, Any], int]] = [(root, -1)]
    for at, (node, _) in enumerate(walked):
        if "split" in node:
            walked += [(node["left"], at), (node["right"], at)]
    size = len(walked)
    left, right = (np.full(size, -1, dtype=np.int64) for _ in range(2))
    feature, threshold = np.zeros(size, dtype=np.int64), np.zeros(size)
    gap, value, weight = np.zeros(size, dtype=np.bool_), np.zeros((size, scores)), np.zeros(size)
    for at, (node, parent) in enumerate(walked):
        if parent >= 0:
            (left if left[parent] < 0 else right)[parent] = at
        if "split" not in node:
            value[at], weight[at] = node["value"], node["weight"]
        elif node["split"]["split_type"] == "FloatFeature":
            feature[at], threshold[at], gap[at] = splits.number(node["split"])
        else:
            raise EngineError(
                "Engine 'exact' does not know CatBoost's categories in trees that are not symmetric; "
                "use engine 'sampled', which takes any model."
            )
    for at in range(size - 1, 0, -1):
        weight[walked[at][1]] += weight[at]
    return TreeArrays(left, right, feature, threshold, gap, value, weight, np.full(size, -1, dtype=np.int64))
