"""How far to trust the explanation: every check with its figure, and what would make it stand on firmer ground."""

import streamlit as st

from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.row_facts import POOLS_NOW
from sparklime_core.dashboard.row_panel.trust_words import (
    COLOURS,
    badge_words,
    check_words,
    missing_words,
    rule_words,
    stability_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.explain.trust import locality, locality_words

MEASURED_RUN = "measured-run"
"""Key of the run whose rows this session measures as they are looked at."""

INDICES_HELP = (
    "VSI and CSI are the stability indices of Visani et al. (arXiv 2001.11757), from 0 to 100: do explanations "
    "from different samples choose the same features, and do the confidence intervals of their weights overlap?"
)


def draw_trust(row: RowContext) -> None:
    """Draw the verdict, what it is made of, and the spread of each weight."""
    st.badge(badge_words(row.verdict), icon=":material/verified_user:", color=COLOURS[row.verdict.level])  # type: ignore[arg-type]
    for check in row.verdict.checks:
        told = check_words(check, row.view.result, row.stability, row.pools)
        st.markdown(f":{COLOURS[check.level]}-badge[{check.level}] **{check.limits.name}.** {told}")
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
