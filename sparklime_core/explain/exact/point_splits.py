"""Splits that are no thresholds alone: they send gaps to a side, or go by a set of categories.

A gap and a category each have a code that stands for one value. Which of these codes a node reaches is a set and
no interval: the sets of a feature are numbered as the walk down the trees finds them. The bins of a spread of
values keep their intervals.
"""

from dataclasses import dataclass, field

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.exact.recoding import recoded
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass
class _Points:
    """The points of one feature.

    Attributes
    ----------
    at
        (P,) which of its codes stand for one value.
    rules
        (R, P) which of them go to the left, by rule.
    sets
        Which points each set has; the first has all.
    known
        The numbers of the sets by their bytes.
    """

    at: IntArray
    rules: BoolArray
    sets: list[BoolArray]
    known: dict[bytes, int] = field(default_factory=dict)

    def number(self, points: BoolArray) -> int:
        """Return the number of a set, which is new or known."""
        found = self.known.setdefault(points.tobytes(), len(self.known))
        if found == len(self.sets):
            self.sets.append(points)
        return found


@dataclass(frozen=True)
class PointSplits:
    """The sets of points of the features that need them.

    Attributes
    ----------
    of
        Points by feature.
    place
        (d,) where a feature's set is among those that a node holds; -1 for none.
    rule
        (M,) the rule of each node's split.
    """

    of: dict[int, _Points]
    place: IntArray
    rule: IntArray

    @property
    def features(self) -> int:
        """How many features have sets of points."""
        return len(self.of)

    def split(self, node: IntArray, feature: IntArray, held: IntArray) -> tuple[IntArray, IntArray]:
        """Return (n, 2) the sets at splits and on their left, and what the children hold, left ones first."""
        subset = np.zeros((len(node), 2), dtype=np.int64)
        left, right = held.copy(), held.copy()
        for at in self.of:
            here = np.flatnonzero(feature == at)
            place = self.place[at]
            pairs, which = np.unique(
                np.column_stack([held[here, place], self.rule[node[here]]]), axis=0, return_inverse=True
            )
            sides = np.array([self._sides(at, *pair) for pair in pairs], dtype=np.int64).reshape(-1, 2)
            subset[here, 0] = held[here, place]
            subset[here, 1] = left[here, place] = sides[which, 0]
            right[here, place] = sides[which, 1]
        return subset, np.concatenate([left, right])

    def put(self, feature: int, subset: IntArray, within: FloatArray, on_the_left: FloatArray) -> None:
        """Write the points' shares (n, B), which are all or nothing, over those of intervals."""
        points = self.of.get(feature)
        if points is not None and len(points.at):
            reached = np.array(points.sets, dtype=np.float64)
            within[:, points.at], on_the_left[:, points.at] = reached[subset[:, 0]], reached[subset[:, 1]]

    def _sides(self, feature: int, held: int, rule: int) -> tuple[int, int]:
        points = self.of[feature]
        left = points.sets[held] & points.rules[rule]
        return points.number(left), points.number(points.sets[held] & ~points.rules[rule])


def point_splits(ensemble: Ensemble, columns: tuple[Column, ...]) -> PointSplits:
    """Find the points of the features that a model recodes or has sets of categories of.

    Raises
    ------
    EngineError
        When a model takes for categories what lime draws as numbers.
    """
    rule = np.zeros(len(ensemble.left), dtype=np.int64)
    place = np.full(len(columns), -1, dtype=np.int64)
    of: dict[int, _Points] = {}
    inner = ensemble.left >= 0
    chooses = inner & (ensemble.chosen >= 0) if ensemble.chosen is not None else np.zeros_like(inner)
    for feature in sorted({*ensemble.recodings, *ensemble.feature[chooses].tolist()}):
        values = columns[feature].point_values()
        if np.isnan(values).any() and (chooses & (ensemble.feature == feature)).any():
            raise EngineError(
                f"The model has categories of feature {feature}, which the explainer treats as a number; name "
                "it in the explainer's categorical_features, or use engine 'sampled'."
            )
        at = np.flatnonzero(~np.isnan(values))
        nodes = np.flatnonzero(inner & (ensemble.feature == feature))
        rules, rule[nodes] = _rules(ensemble, nodes, recoded(ensemble.recodings, feature, values[at]))
        place[feature] = len(of)
        of[feature] = _Points(at, rules, [])
        of[feature].number(np.ones(len(at), dtype=np.bool_))
    return PointSplits(of, place, rule)


def _rules(ensemble: Ensemble, nodes: IntArray, values: FloatArray) -> tuple[BoolArray, IntArray]:
    """Return the different rules (R, P) of splits of one feature for the model's own values, and each split's."""
    turning = ensemble.turns_left(np.repeat(nodes, len(values)), np.tile(values, len(nodes)))
    rules, which = np.unique(turning.reshape(len(nodes), len(values)), axis=0, return_inverse=True)
    return rules, which.ravel()
