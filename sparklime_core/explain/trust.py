"""How far to trust one explanation: a rule that is written down, from what was measured of it.

Each check looks at one figure and finds it good, fair or weak by two limits; the whole is the worst of them. The
limits are a convention and not a theorem, which is why they are shown wherever the verdict is.
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "fair", "weak"]
LEVELS: tuple[Level, ...] = ("weak", "fair", "good")


@dataclass(frozen=True)
class TrustLimits:
    """From where on a figure is good, and from where on it is at least fair.

    Attributes
    ----------
    name
        Of the check, for people.
    good, fair
        The limits; where ``good`` is the smaller one, less is better.
    meaning
        What the figure says.
    """

    name: str
    good: float
    fair: float
    meaning: str

    def level(self, figure: float) -> Level:
        """Return how good a figure is."""
        sign = 1 if self.good > self.fair else -1
        if sign * figure >= sign * self.good:
            return "good"
        return "fair" if sign * figure >= sign * self.fair else "weak"

    @property
    def rule(self) -> str:
        """Return the limits in words."""
        words = ("at least", "below") if self.good > self.fair else ("at most", "above")
        return (
            f"{self.name}: {self.meaning}. Good when {words[0]} {self.good:.0%}, fair when {words[0]} "
            f"{self.fair:.0%}, weak {words[1]} that."
        )


FIT = TrustLimits(
    "Fit",
    0.7,
    0.4,
    "how much of what the model does around the row the surrogate explains (local R²)",
)
GAP = TrustLimits(
    "Gap",
    0.1,
    0.25,
    "how far the surrogate is from the model at the row itself, of the range of predictions (of probabilities: 1; "
    "of values: from the 5th to the 95th percentile of the training table's)",
)
STABILITY = TrustLimits(
    "Stability",
    0.75,
    0.5,
    "what share of their five strongest features two explanations of the row from different samples have in "
    "common (mean Jaccard index)",
)
SAMPLING = TrustLimits(
    "Sampling error",
    0.1,
    0.25,
    "how far the weights of one run of lime are from those without sampling (root mean square, of the strongest)",
)
CHECKS = (FIT, GAP, STABILITY, SAMPLING)

RULE = (
    "Every check that could be made is good, fair or weak, and the explanation is as trustworthy as the worst of "
    "them. It says how well LIME describes the model here, and nothing about whether the model is right."
)


@dataclass(frozen=True)
class Check:
    """One figure, judged.

    Attributes
    ----------
    limits
        What it was judged by.
    figure
        What was measured, as a share.
    level
        The verdict.
    """

    limits: TrustLimits
    figure: float
    level: Level


@dataclass(frozen=True)
class Verdict:
    """The whole, and what it is made of.

    Attributes
    ----------
    level
        The worst level of the checks; None without any.
    checks
        In the order of `CHECKS`, those that could be made.
    """

    level: Level | None
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Names of the checks that made it what it is; none where all is good."""
        return tuple(check.limits.name for check in self.checks if check.level == self.level != "good")


def judge(
    score: float | None,
    gap: float | None,
    *,
    span: float = 1.0,
    jaccard: float | None = None,
    sampling_rmse: float | None = None,
    strongest: float | None = None,
) -> Verdict:
    """Judge an explanation; what is None was not measured.

    Parameters
    ----------
    score
        Local R².
    gap
        The surrogate's value at the row less the model's.
    span
        The range of predictions, for the gap.
    jaccard
        Mean Jaccard index of the top features over pairs of pools.
    sampling_rmse, strongest
        Root mean square error of a pool's weights against the exact ones, and the strongest weight.
    """
    figures = (
        (FIT, score),
        (GAP, None if gap is None or not span > 0 else abs(gap) / span),
        (STABILITY, jaccard),
        (SAMPLING, sampling_rmse / abs(strongest) if sampling_rmse is not None and strongest else None),
    )
    checks = tuple(Check(limits, value, limits.level(value)) for limits, value in figures if value is not None)
    levels = [check.level for check in checks]
    return Verdict(min(levels, key=LEVELS.index) if levels else None, checks)
