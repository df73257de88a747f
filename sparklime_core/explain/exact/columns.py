"""How lime draws one feature: bins or categories with their frequencies, and the values that come out of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import truncnorm

from sparklime_core.errors import EngineError
from sparklime_core.explain.features import feature_count
from sparklime_core.explain.profiles.neighbourhood import drawn_codes
from sparklime_core.explain.types import Explainer, FloatArray, IntArray

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
