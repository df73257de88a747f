"""How lime draws each feature, and which part of each bin or category a split sends to the left.

A bin is a spread of values: a threshold sends a share of it to the left. A gap and a category are a code that
stands for one value. Splits that send gaps to a side, or go by a set of categories, reach a set of such codes and
no interval: the sets of a feature are numbered as the walk down the trees finds them.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import truncnorm

from sparklime_core.errors import EngineError
from sparklime_core.explain.explainer_facts import feature_count
from sparklime_core.explain.kinds.ensemble import Ensemble, recoded
from sparklime_core.explain.neighbourhood import drawn_codes
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray

NARROW = 40.0
"""Standard deviations that no draw of a normal reaches."""


@dataclass(frozen=True)
class Column:
    """The distribution of one feature of lime's samples.

    Attributes
    ----------
    codes
        (B,) bins or categories, ascending: all that a row can have, drawn or not.
    frequency
        (B,) how often lime draws each; they sum to one.
    low, high
        (B,) ends of the truncated normal that a bin is un-binned by, in standard deviations from its mean;
        equal where a code stands for one value.
    mean, std
        (B,) of that normal; 0 and 1 where a code stands for one value, which then is ``low``.
    """

    codes: FloatArray
    frequency: FloatArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    std: FloatArray

    def positions(self, codes: IntArray | FloatArray) -> IntArray:
        """Return where in ``codes`` the given codes are."""
        return np.searchsorted(self.codes, codes)

    def point_values(self) -> FloatArray:
        """Return (B,) the value that a code stands for; NaN where it stands for several."""
        # A bin so narrow that its normal rounds to its mean, as that of gaps does.
        narrow = self.mean + NARROW * self.std == self.mean
        values: FloatArray = np.where(self.low == self.high, self.low, np.where(narrow, self.mean, np.nan))
        return values

    def share_below(self, thresholds: FloatArray, *, single: bool = True) -> FloatArray:
        """Return (t, B): the share of each code's values that a tree sends to the left of each threshold.

        With `single`, a tree compares ``float32(value) <= threshold``. For a continuous value that is the same as
        being below the middle between the last float32 not above the threshold and the next one.
        """
        point = self.low == self.high
        share = np.empty((len(thresholds), len(self.codes)))
        values = self.low[point].astype(np.float32) if single else self.low[point]
        share[:, point] = values <= thresholds[:, None]
        spread = ~point
        border = _last_float32_border(thresholds) if single else thresholds
        z = (border[:, None] - self.mean[spread]) / self.std[spread]
        low, high = self.low[spread], self.high[spread]
        inside = (low < z) & (z < high)
        within = np.where(z >= high, 1.0, 0.0)
        at = np.nonzero(inside)
        # truncnorm's own function keeps its digits far out in a tail, where differences of normal ones lose them.
        within[at] = truncnorm.cdf(z[at], low[at[1]], high[at[1]])
        share[:, spread] = within
        return share


def read_columns(explainer: Explainer) -> tuple[Column, ...]:
    """Read the columns of an explainer that discretizes (``LimeTabularExplainer.__data_inverse``)."""
    return tuple(_read_column(explainer, feature) for feature in range(feature_count(explainer)))


def _read_column(explainer: Explainer, feature: int) -> Column:
    discretizer = explainer.discretizer
    binned = feature in discretizer.lambdas
    if binned != (feature in discretizer.means):
        name = str(explainer.feature_names[feature])
        raise EngineError(
            f"The explainer's discretizer has statistics or bins of {name!r}, but not both, and engine 'exact' "
            "needs both; use engine 'sampled'."
        )
    codes, frequency = drawn_codes(explainer, feature)
    if not binned:
        return Column(codes, frequency, codes, codes, np.zeros(len(codes)), np.ones(len(codes)))
    mean, std = (np.array(getattr(discretizer, name)[feature], dtype=np.float64) for name in ("means", "stds"))
    low = (np.array(discretizer.mins[feature]) - mean) / std
    high = (np.array(discretizer.maxs[feature]) - mean) / std
    # lime un-bins a bin of no width to its z-score, and not to its value (`get_undiscretize_values`).
    point = low == high
    return Column(codes, frequency, low, high, np.where(point, 0.0, mean), np.where(point, 1.0, std))


def _last_float32_border(thresholds: FloatArray) -> FloatArray:
    """Return the middle between the last float32 that is not above each threshold and the next float32."""
    with np.errstate(over="ignore"):  # beyond the largest float32 comes infinity
        rounded = thresholds.astype(np.float32)
        down = np.float32(-np.inf)
        below: npt.NDArray[np.float32] = np.where(rounded > thresholds, np.nextafter(rounded, down), rounded)
        above = np.nextafter(below, np.float32(np.inf))
    return (below.astype(np.float64) + above.astype(np.float64)) / 2


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
