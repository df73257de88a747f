"""How far to trust an explanation, in words: no Streamlit, so that a report can say the same."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sparklime_core.dashboard.shared.text import number
from sparklime_core.explain.trust import (
    CHECKS,
    FIT,
    GAP,
    LOCALITY_RULE,
    RULE,
    SAMPLING,
    STABILITY,
    Check,
    Verdict,
    fit_words,
)

COLOURS = {"good": "green", "fair": "yellow", "weak": "orange", None: "gray"}
"""Colour of a level's badge."""


def badge_words(verdict: Verdict) -> str:
    """Return the level, and the checks that made it so."""
    if verdict.level is None:
        return "trust: unknown"
    because = f" ({', '.join(name.lower() for name in verdict.reasons)})" if verdict.reasons else ""
    return f"trust: {verdict.level}{because}"


def rule_words() -> str:
    """Return the rule of the badge, as paragraphs of Markdown."""
    return "\n\n".join([RULE, *(f"- {limits.rule}" for limits in CHECKS), f"- {LOCALITY_RULE}"])


def check_words(check: Check, result: Mapping[str, Any], stability: Mapping[str, Any] | None, pools: int) -> str:
    """Return what a check found of an explanation."""
    if check.limits == FIT:
        return fit_words(result)
    if check.limits == GAP:
        return (
            f"At the row itself the surrogate predicts {number(result['local_prediction'])} and the model "
            f"{number(result['prediction'])}: a difference of {check.figure:.0%} of the range of predictions."
        )
    assert stability is not None  # noqa: S101 - the other checks are made of it
    if check.limits == STABILITY:
        return (
            f"With other samples ({pools} pools), {check.figure:.0%} of the five strongest features stay "
            f"the same{_indices(stability)}."
        )
    return (
        f"The sampling error of lime's weights is {number(stability['sampling_rmse'])} (root mean "
        f"square; at most {number(stability['sampling_max'])}): {check.figure:.0%} of the strongest "
        "weight."
    )


def missing_words(verdict: Verdict, stability: Mapping[str, Any] | None) -> str | None:
    """Return what could not be checked, and why."""
    made = {check.limits.name for check in verdict.checks}
    if SAMPLING.name in made or stability is None:
        return None
    return (
        "The sampling error is unknown: the engine exact does not serve this model, or takes more than "
        "a millisecond per row."
    )


def stability_frame(
    explanation: list[Mapping[str, Any]], stability: Mapping[str, Any] | None, pools: int
) -> pd.DataFrame:
    """Return a line for each condition of an explanation: weight, its spread, the exact one, how often chosen."""
    frame = pd.DataFrame(
        {
            "condition": [entry["feature_explanation"] for entry in explanation],
            "weight": [entry["weight"] for entry in explanation],
        }
    )
    if stability is not None:
        frame["std"] = pd.Series(stability["std"], dtype="float64")
        frame["exact"] = pd.Series(stability["exact"] or [None] * len(frame), dtype="float64")
        frame["chosen"] = [chosen / pools for chosen in stability["chosen"]]
    return frame


def _indices(stability: Mapping[str, Any]) -> str:
    told = [
        f"{name} {stability[column]:.0f} of 100"
        for name, column in (("VSI", "vsi"), ("CSI", "csi"))
        if stability[column] is not None
    ]
    return f" ({', '.join(told)})" if told else ""
