"""Trust in the explanation: each check with its figure and words, and the spread of the weights."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.row_panel.context import POOLS_NOW, RowContext
from sparklime_core.dashboard.shared import columns
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
    locality,
    locality_words,
)
from sparklime_core.wording import number

COLOURS = {"good": "green", "fair": "yellow", "weak": "orange", None: "gray"}
"""Colour of a level's badge."""

MEASURED_RUN = "measured-run"
"""Key of the run whose rows this session measures as they are looked at."""

INDICES_HELP = (
    "VSI and CSI are the stability indices of Visani et al. (arXiv 2001.11757), from 0 to 100: do explanations "
    "from different samples choose the same features, and do the confidence intervals of their weights overlap?"
)


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
    indices = [
        f"{name} {stability[column]:.0f} of 100"
        for name, column in (("VSI", "vsi"), ("CSI", "csi"))
        if stability[column] is not None
    ]
    return f" ({', '.join(indices)})" if indices else ""


def draw_trust(row: RowContext) -> None:
    """Draw the verdict, what it is made of, and the spread of each weight."""
    st.badge(badge_words(row.verdict), icon=":material/verified_user:", color=COLOURS[row.verdict.level])  # type: ignore[arg-type]
    for check in row.verdict.checks:
        words = check_words(check, row.view.result, row.stability, row.pools)
        st.markdown(f":{COLOURS[check.level]}-badge[{check.level}] **{check.limits.name}.** {words}")
    share = row.view.result.get("effective_share")
    if share is not None:
        st.markdown(f":gray-badge[{locality(share)}] **Locality.** {locality_words(share)}")
    if row.stability is None:
        _offer(row)
    else:
        _spread(row)
    with st.expander("The rule", icon=":material/rule:"):
        st.markdown(rule_words())


def _offer(row: RowContext) -> None:
    what = "The run has not measured the stability of this row" if row.pools else "This run has no stability"
    st.info(
        f"{what}, that is, how far its explanation depends on chance. Measure it now, row by row.",
        icon=":material/casino:",
    )
    st.button(
        "Measure it",
        icon=":material/straighten:",
        key=f"measure-{row.run.id}",
        help=f"Explains this row, and every row that you open later, from {POOLS_NOW} pools of samples.",
        on_click=lambda: st.session_state.update({MEASURED_RUN: row.run.id}),
    )


def _spread(row: RowContext) -> None:
    missing = missing_words(row.verdict, row.stability)
    if missing is not None:
        st.caption(missing)
    number = st.column_config.NumberColumn
    st.dataframe(
        stability_frame(list(row.view.result["explanation"]), row.stability, row.pools),
        hide_index=True,
        column_config={
            "condition": columns.CONDITION,
            "weight": columns.weight(),
            "std": number("±", format="%.4f", help=f"Standard deviation over {row.pools:d} pools of samples."),
            "exact": columns.weight("Exact", help="The weight without sampling noise, from the engine exact."),
            "chosen": number(
                "Chosen",
                format="percent",
                help=f"Share of the {row.pools:d} pools whose explanation names the feature.",
            ),
        },
        alt=f"Spread of the weights of row {row.view.row_id}",
    )
    st.caption(INDICES_HELP)
