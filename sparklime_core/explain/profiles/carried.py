"""How much of the model's behaviour around a row each feature of its explanation carries."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any


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
