"""XGBoost: its JSON has the trees. A value goes to the left where it is below a threshold, as a float32."""

import itertools
import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost

from sparklime_core.errors import EngineError, ModelError, raised_as
from sparklime_core.explain.kinds.booster import (
    Booster,
    BoosterFacts,
    check_dump,
    class_names,
    of_two_classes,
    softmax,
    unreadable,
)
from sparklime_core.explain.kinds.ensemble import CategorySet, Ensemble, TreeArrays, assembled
from sparklime_core.explain.types import FloatArray

IDENTITY = (
    "reg:squarederror",
    "reg:linear",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "reg:squaredlogerror",
)
LOGARITHM = ("count:poisson", "reg:gamma", "reg:tweedie")
LOGIT = ("reg:logistic", "binary:logistic")
LEAF = re.compile(r"^(\t*)\d+:leaf=", re.MULTILINE)
"""A leaf in the text of a tree, after a tab per level."""
RAW = "binary:logitraw"
SEVERAL = ("multi:softprob", "multi:softmax")


class XGBoostModel(Booster):
    """A model of XGBoost: a ``Booster``, or a fitted estimator of its scikit-learn interface."""

    library: ClassVar[str] = "XGBoost"
    suffix: ClassVar[str] = ".ubj"

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is XGBoost's own; a subclass may predict anything."""
        return type(model) in (
            xgboost.Booster,
            xgboost.XGBClassifier,
            xgboost.XGBRegressor,
            xgboost.XGBRFClassifier,
            xgboost.XGBRFRegressor,
            xgboost.XGBRanker,
        )

    @classmethod
    def read(cls, data: bytes) -> "XGBoostModel":
        """Return the model in the bytes of a ``.json`` or ``.ubj`` file; see `Booster.read`."""
        with raised_as(ModelError, unreadable(cls.library, xgboost.__version__)):
            booster = xgboost.Booster({"nthread": 1})
            booster.load_model(bytearray(data))
        return cls(booster)

    def dump(self) -> bytes:
        """Return the bytes of a ``.ubj`` file; see `Booster.dump`."""
        return bytes(self._booster.save_raw("ubj"))

    def use_one_thread(self) -> None:
        """Set the booster's own number of threads, too; see `ModelKind.use_one_thread`."""
        super().use_one_thread()
        self._booster.set_param({"nthread": 1})

    @cached_property
    def _booster(self) -> xgboost.Booster:
        if isinstance(self.model, xgboost.Booster):
            return self.model
        with raised_as(ModelError, f"The {type(self.model).__name__} cannot be used"):
            booster: xgboost.Booster = self.model.get_booster()
        return booster

    @cached_property
    def _learner(self) -> dict[str, Any]:
        """The whole model; what predicting needs is in `_configuration`, which is small."""
        raw = self._booster.save_raw("json")
        check_dump(self.library, len(raw))
        learner: dict[str, Any] = json.loads(bytes(raw))["learner"]
        return learner

    @cached_property
    def _configuration(self) -> dict[str, Any]:
        learner: dict[str, Any] = json.loads(self._booster.save_config())["learner"]
        return learner

    @cached_property
    def _objective(self) -> str:
        return str(self._configuration["objective"]["name"])

    @cached_property
    def _rounds(self) -> int:
        """How many rounds are used: up to the best one, where training was stopped early."""
        best = self._booster.attr("best_iteration")
        return self._booster.num_boosted_rounds() if best is None else int(best) + 1

    def facts(self) -> BoosterFacts:
        """Return the model's facts; see `Booster.facts`."""
        known = (*IDENTITY, *LOGARITHM, *LOGIT, RAW, *SEVERAL)
        if self._objective not in known:
            raise ModelError(
                f"The XGBoost model was trained for {self._objective!r}, which gives neither probabilities of "
                "classes nor values; SparkLIME explains classifiers and regressors."
            )
        parameters = self._configuration["learner_model_param"]
        if int(parameters.get("num_target", 1)) > 1 and self._objective not in SEVERAL:
            raise ModelError(
                f"The XGBoost model predicts {parameters['num_target']} targets at once, and LIME explains one."
            )
        width = self._booster.num_features()
        rounds, used = self._booster.num_boosted_rounds(), self._rounds
        notes = (f"{used} of {rounds} rounds are used, up to the best one",) if used < rounds else ()
        names = tuple(self._booster.feature_names or [""] * width)
        classes = None
        if self._objective in SEVERAL:
            classes = class_names(self.model, int(parameters["num_class"]))
        elif self._objective.startswith("binary:"):
            classes = class_names(self.model, 2)
        return BoosterFacts(names, classes, self._categories(), notes)

    def _categories(self) -> dict[int, tuple[str, ...]]:
        types = self._booster.feature_types or []
        coded = [at for at, kind in enumerate(types) if kind == "c"]
        if not coded:
            return {}
        encoded = self._learner["gradient_booster"].get("model", {}).get("cats", {}).get("enc", [])
        return {at: _names(encoded[at]) if at < len(encoded) else () for at in coded}

    def knows_sentinel(self, feature: int, sentinel: float, smallest: float) -> bool | None:
        """Return False where a split sends gaps to the left, as none does where training has seen no gap."""
        for tree in self._trees():
            split = (np.asarray(tree["left_children"]) >= 0) & (np.asarray(tree["split_indices"]) == feature)
            if np.asarray(tree["default_left"])[split].any():
                return False
            thresholds = np.asarray(tree["split_conditions"])[split & (np.asarray(tree["split_type"]) == 0)]
            if ((sentinel < thresholds) & (thresholds <= np.float32(smallest))).any():
                return True
        return None

    def _ask(self, rows: FloatArray, kind: str) -> npt.NDArray[Any]:
        return np.asarray(
            self._booster.inplace_predict(
                rows, iteration_range=(0, self._rounds), predict_type=kind, validate_features=False
            )
        )

    def answer(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return the model's own predictions; see `Booster.answer`."""
        if self._objective == "multi:softmax":
            return softmax(self.scores(rows))
        found = self._ask(rows, "value")
        if self._objective == RAW:
            found = 1.0 / (1.0 + np.exp(-found))
        return of_two_classes(found) if self._objective.startswith("binary:") else found

    def scores(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `Booster.scores`."""
        return self._ask(rows, "margin").astype(np.float64)

    def contributions(self, rows: FloatArray) -> FloatArray:
        """Return XGBoost's own SHAP values; see `Booster.contributions`."""
        booster = self._booster
        data = xgboost.DMatrix(
            rows,
            feature_names=booster.feature_names,
            feature_types=booster.feature_types,
            enable_categorical=True,
            nthread=1,
        )
        found = booster.predict(data, pred_contribs=True, iteration_range=(0, self._rounds), strict_shape=True)
        return np.swapaxes(np.asarray(found, dtype=np.float64), 1, 2)

    def tree_sizes(self) -> Iterator[tuple[int, int]]:
        """Yield leaves and depth of each tree; see `Booster.tree_sizes`."""
        texts = self._booster.get_dump()
        per_round = len(texts) // max(1, self._booster.num_boosted_rounds())
        for text in texts[: self._rounds * per_round]:
            levels = LEAF.findall(text)
            yield len(levels), max(map(len, levels), default=0)

    @property
    def adds_up(self) -> bool:
        """Whether the objective has no link; see `Booster.adds_up`."""
        return self._objective in IDENTITY

    def sum_of_trees(self) -> Ensemble:
        """Return the trees; see `Booster.sum_of_trees`."""
        booster = self._learner["gradient_booster"]
        if booster["name"] != "gbtree":
            raise EngineError(
                f"Engine 'exact' does not know XGBoost's booster {booster['name']!r}, of which the model is; "
                "use engine 'sampled', which takes any model."
            )
        several = self._objective in SEVERAL
        scores = int(self._learner["learner_model_param"]["num_class"]) if several else 1
        sets: list[CategorySet] = []
        labels = booster["model"]["tree_info"]
        trees = [_arrays(tree, label, scores, sets) for tree, label in zip(self._trees(), labels, strict=False)]
        return assembled(trees, self._start(scores), single=True, sets=sets)

    def _trees(self) -> list[dict[str, Any]]:
        """Return the trees of the rounds that are used."""
        model = self._learner["gradient_booster"].get("model", {})
        trees: list[dict[str, Any]] = model.get("trees", [])
        ends = model.get("iteration_indptr")
        return trees if ends is None else trees[: ends[min(self._rounds, len(ends) - 1)]]

    def _start(self, scores: int) -> FloatArray:
        """Return what boosting starts from: a mean that goes through the link of the objective."""
        text = str(self._learner["learner_model_param"]["base_score"]).strip("[]")
        start = np.array([float(part) for part in text.split(",")])
        if self._objective in LOGIT:
            start = np.log(start) - np.log1p(-start)
        elif self._objective in LOGARITHM:
            start = np.log(start)
        return np.broadcast_to(start, (scores,)).astype(np.float64)


def _names(encoded: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of categories, which a file has as UTF-8 and where each ends; numbers as they are."""
    values = encoded.get("values", [])
    if "offsets" not in encoded:
        return tuple(f"{value:g}" for value in values)
    text, ends = bytes(value & 0xFF for value in values), encoded["offsets"]
    return tuple(text[begin:end].decode() for begin, end in itertools.pairwise(ends))


def _arrays(tree: dict[str, Any], label: int, scores: int, sets: list[CategorySet]) -> TreeArrays:
    """Return a tree of the JSON model; "below" is "not above the last float32 before"."""
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise EngineError(
            "Engine 'exact' does not know XGBoost's trees of several outputs (multi_strategy); "
            "use engine 'sampled', which takes any model."
        )
    left = np.asarray(tree["left_children"], dtype=np.int64)
    conditions = np.asarray(tree["split_conditions"], dtype=np.float32)
    with np.errstate(over="ignore"):  # before the smallest float32 comes minus infinity
        thresholds = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    value = np.zeros((len(left), scores))
    value[:, label] = conditions
    chosen = np.full(len(left), -1, dtype=np.int64)
    for node, begin, size in zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    ):
        chosen[node] = len(sets)
        codes = np.asarray(tree["categories"][begin : begin + size], dtype=np.float64)
        sets.append(CategorySet(codes, left=False))
    return TreeArrays(
        left=left,
        right=np.asarray(tree["right_children"], dtype=np.int64),
        feature=np.asarray(tree["split_indices"], dtype=np.int64),
        threshold=thresholds,
        gap_left=np.asarray(tree["default_left"]) != 0,
        value=value,
        weight=np.asarray(tree["sum_hessian"], dtype=np.float64),
        chosen=chosen,
    )
