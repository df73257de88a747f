"""How far to trust one explanation, and how much of the model's behaviour around the row it accounts for.

The verdict is a rule that is written down. Each check looks at one figure and finds it good, fair or weak by two
limits; the verdict is the worst of them. The limits are a convention and not a theorem, which is why they are
shown wherever the verdict is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

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
    "share of the model's behaviour around the row that the features of the explanation account for, by the "
    "effect of each of their bins (the profile score; without profiles, lime's local R²)",
)
GAP = TrustLimits(
    "Gap",
    0.1,
    0.25,
    "distance between surrogate and model at the row itself, as a share of the range of predictions (of "
    "probabilities: 1; of values: from the 5th to the 95th percentile of the training table's)",
)
STABILITY = TrustLimits(
    "Stability",
    0.75,
    0.5,
    "share of the five strongest features that two explanations of the row from different samples have in "
    "common (mean Jaccard index)",
)
SAMPLING = TrustLimits(
    "Sampling error",
    0.1,
    0.25,
    "distance between the weights of one lime run and the weights without sampling (root mean square, as a "
    "share of the strongest)",
)
CHECKS = (FIT, GAP, STABILITY, SAMPLING)

Locality = Literal["whole table", "broad", "local"]
WHOLE_TABLE, BROAD = 0.9, 0.5
"""From these effective shares on, an explanation is about nearly the whole table, or about a large part of it."""

LOCALITY_RULE = (
    "Locality: the effective size of the row's neighbourhood, as a share of its samples. From "
    f"{WHOLE_TABLE:.0%} on, the explanation is about nearly the whole table; from {BROAD:.0%} on, about a large "
    "part of it. How local an explanation should be is a choice (the kernel width), so locality does not count in "
    "the verdict."
)

LOW_R2 = "lime asks only whether a sample is in the row's own bin, and ignores differences between the other bins."
"""Why lime's local R² is low for most rows."""

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
    """The verdict and the checks that it is made of.

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
        """Names of the checks that made the verdict; empty where all are good."""
        return tuple(check.limits.name for check in self.checks if check.level == self.level != "good")


def judge(
    score: float | None,
    gap: float | None,
    *,
    profile_score: float | None = None,
    span: float = 1.0,
    jaccard: float | None = None,
    sampling_rmse: float | None = None,
    strongest: float | None = None,
) -> Verdict:
    """Judge an explanation; what is None was not measured.

    Parameters
    ----------
    score
        Local R²: it stands for the fit where there is no profile score.
    gap
        The surrogate's value at the row less the model's.
    profile_score
        Share of the model's variance around the row that the explanation's profiles account for.
    span
        The range of predictions, for the gap.
    jaccard
        Mean Jaccard index of the top features over pairs of pools.
    sampling_rmse, strongest
        Root mean square error of a pool's weights against the exact ones, and the strongest weight.
    """
    figures = (
        (FIT, score if profile_score is None else profile_score),
        (GAP, None if gap is None or not span > 0 else abs(gap) / span),
        (STABILITY, jaccard),
        (SAMPLING, sampling_rmse / abs(strongest) if sampling_rmse is not None and strongest else None),
    )
    checks = tuple(Check(limits, value, limits.level(value)) for limits, value in figures if value is not None)
    levels = [check.level for check in checks]
    return Verdict(min(levels, key=LEVELS.index) if levels else None, checks)


def verdict_words(verdict: Verdict) -> str:
    """Say how far to trust an explanation, and what each check found."""
    checks = ", ".join(
        f"{check.limits.name.lower()} {check.figure:.0%} ({check.level})" for check in verdict.checks
    )
    return f"Trust: {verdict.level or 'unknown'}; {checks}." if checks else "Trust: unknown."


def locality(effective_share: float) -> Locality:
    """Return how local an explanation is, from the effective size of its neighbourhood as a share."""
    if effective_share >= WHOLE_TABLE:
        return "whole table"
    return "broad" if effective_share >= BROAD else "local"


def fit_words(result: Mapping[str, Any]) -> str:
    """Say how much of the model's behaviour around the row its explanation accounts for."""
    score, profile_score = result["score"], result.get("profile_score")
    if profile_score is None:
        share = f"{score:.0%}" if score > 0 else "nothing"
        return f"The surrogate explains {share} of the model's behaviour around this row (local R² {score:.2f})."
    return (
        f"The {len(result['explanation'])} features account for {profile_score:.0%} of the model's behaviour "
        f"around this row. lime's own local R² is {score:.2f}: {LOW_R2}"
    )


def locality_words(effective_share: float) -> str:
    """Say what part of the table the explanation is about."""
    about: dict[Locality, str] = {
        "whole table": "This explanation is about nearly the whole table, and hardly about this row",
        "broad": "This explanation is about a large part of the table",
        "local": "This explanation is about the row's surroundings",
    }
    return (
        f"{about[locality(effective_share)]}: the samples around the row count as much as "
        f"{effective_share:.0%} of them with equal weights. A smaller kernel width makes it more local."
    )


def profiles_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a profile for each feature of an explanation, strongest weight first.

    Returns
    -------
    list of dict
        ``feature``, ``own`` (the condition that holds in the row), ``weight``, ``bins`` of the result's schema,
        and ``carries``: the feature's share of the model's variance around the row. Empty without profiles.
    """
    if not result.get("profiles"):
        return []
    entries = {entry["feature"]: entry for entry in result["explanation"]}
    variances = [_variance(profile["bins"]) for profile in result["profiles"]]
    scale = (result["profile_score"] or 0.0) / (sum(variances) or 1.0)
    return [
        {
            "feature": profile["feature"],
            "own": entries[profile["feature"]]["feature_explanation"],
            "weight": entries[profile["feature"]]["weight"],
            "bins": profile["bins"],
            "carries": variance * scale,
        }
        for profile, variance in zip(result["profiles"], variances, strict=True)
    ]


def largest_effect(profiles: Sequence[Mapping[str, Any]]) -> float:
    """Return the end of the scale that the profiles of one row share."""
    return max((abs(bin_["effect"] or 0.0) for profile in profiles for bin_ in profile["bins"]), default=0.0)


def carried_words(profiles: Sequence[Mapping[str, Any]], shown: int) -> str:
    """Say how much of the model's behaviour around the row the shown features carry, and how much the others."""
    carried = [profile["carries"] for profile in profiles]
    first, rest = sum(carried[:shown]), sum(carried[shown:])
    others = f", the other {len(profiles) - shown} of the explanation {rest:.0%}" if len(profiles) > shown else ""
    left = max(1.0 - first - rest, 0.0)
    return (
        f"The {min(shown, len(profiles))} features shown carry {first:.0%} of the model's behaviour around "
        f"this row{others}. The remaining {left:.0%} is in features that are not in the "
        "explanation, and in interactions."
    )


def expected_change(
    before: Mapping[str, Any], after: Mapping[str, Any], features: Collection[str]
) -> float | None:
    """Return by how much the prediction changes by a row's profiles alone, when features move to other bins.

    Parameters
    ----------
    before, after
        Results with profiles, of the row and of its changed values, for the same label.
    features
        Names of the features that were changed.

    Returns
    -------
    float or None
        The sum of the differences of effects around the row; None where a bin or its effect is not known.
    """
    moved = {entry["feature"]: entry["feature_explanation"] for entry in after["explanation"]}
    profiles = {profile["feature"]: profile for profile in profiles_of(before)}
    total = 0.0
    for feature in features:
        if feature not in profiles or feature not in moved:
            return None
        effects = {bin_["condition"]: bin_["effect"] for bin_ in profiles[feature]["bins"]}
        first, last = effects.get(profiles[feature]["own"]), effects.get(moved[feature])
        if first is None or last is None:
            return None
        total += last - first
    return total


def _variance(bins: Sequence[Mapping[str, Any]]) -> float:
    return float(sum(bin_["share"] * (bin_["effect"] or 0.0) ** 2 for bin_ in bins))
