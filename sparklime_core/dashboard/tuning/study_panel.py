"""A study: the grid while it fills, its charts, and the use of what is chosen."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.tuning import PICK, grid_chart, tradeoff_chart
from sparklime_core.dashboard.shared.chart_element import draw, show
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN
from sparklime_core.dashboard.shared.subject import show_outcome
from sparklime_core.dashboard.shared.text import count, duration, number, plain
from sparklime_core.dashboard.tuning.cells import AS_GOOD, AS_STEADY, cells_frame, suggested
from sparklime_core.explain.trust import FIT, LOCALITY_RULE

if TYPE_CHECKING:
    from sparklime_core.jobs.tuning import TuningState, TuningStudy

CHOICE = "tuning-choice"


def show_study(study: "TuningStudy") -> None:
    """Show a study, live until it has ended."""
    with st.container():
        state = study.state()
        if state.ended:
            _ended(state, study)
        else:
            _live(study)


@st.fragment(run_every=1.0)
@shown_errors()
def _live(study: "TuningStudy") -> None:
    state = study.state()
    if state.ended:
        st.rerun()
    done = len(state.cells)
    with st.container(border=True):
        st.progress(done / state.total, text=f"{done} of {count(state.total, 'choice')} measured")
        st.caption(_cost(state, study))
        if st.button("Cancel", icon=":material/stop_circle:", key="cancel-tuning"):
            study.cancel()
    if done:
        cells = cells_frame(state)
        _charts(cells, suggested(cells), live=True)


def _ended(state: "TuningState", study: "TuningStudy") -> None:
    show_outcome(state, "study")
    st.caption(f"**{plain(study.plan.title)}** · {_cost(state, study)}")
    if not state.cells:
        return
    cells = cells_frame(state)
    best = suggested(cells)
    names = [_name(cell, suggested=cell.cell == best) for cell in cells.itertuples()]
    chosen = st.selectbox(
        "Settings",
        list(cells["cell"]),
        index=best,
        format_func=lambda cell: names[cell],
        key=CHOICE,
        help=(
            "Or click a point of the chart. The suggestion takes the choices with the best agreement of "
            f"top features (within {AS_STEADY}). Of these it takes those with the best fit (within "
            f"{AS_GOOD}), then the most local one, then the one with the fewest samples."
        ),
    )
    _figures(cells.iloc[chosen])
    if st.button("Use these settings", type="primary", icon=":material/check:", key="use-tuning"):
        st.session_state["kernel-width"] = round(float(cells["kernel_width"][chosen]), 4)
        st.session_state["num-samples"] = int(cells["num_samples"][chosen])
        st.switch_page(EXPLAIN)
    _charts(cells, int(chosen))


def _figures(cell: pd.Series) -> None:
    with st.grid(5, min_column_width=120):
        st.metric("Fit", f"{cell['fit']:.2f}", border=True, help=f"{FIT.rule} lime's R²: {cell['score']:.2f}.")
        st.metric("Samples that count", _share(cell["effective_share"]), border=True, help=LOCALITY_RULE)
        st.metric(
            "Top features agree",
            f"{cell['jaccard']:.2f}",
            border=True,
            help="Jaccard index of the five strongest features of two pools: 1 if they are always the same.",
        )
        st.metric(
            "Features agree",
            f"{cell['vsi']:.0f} of 100",
            border=True,
            help="Visani's variables stability index: the share of features that two pools have in common.",
        )
        st.metric(
            "Noise of a weight",
            f"{cell['noise']:.1%}",
            border=True,
            help="Standard deviation of a weight over the pools, divided by the mean |weight|.",
        )


def _share(value: float | None) -> str:
    return "unknown" if value is None or pd.isna(value) else f"{value:.0%}"


def _charts(cells: pd.DataFrame, chosen: int, *, live: bool = False) -> None:
    left, right = st.columns([3, 2])
    with left:
        st.markdown("## Fit against stability")
        chart = tradeoff_chart(cells, chosen)
        alt = "Fit against stability, a point for each choice of settings"
        if live:
            show(chart, alt=alt, key="tuning-live")
        else:
            draw(chart, alt=alt, key="tuning-tradeoff", on_select=_take_click, selection_mode=PICK)
    with right:
        for value, title in (("fit", "Fit"), ("jaccard", "Stability (Jaccard)")):
            st.markdown(f"## {title}")
            draw(
                grid_chart(cells, value, title, chosen),
                alt=f"{title} by kernel width and samples",
                key=f"tuning-{value}-{live}",
            )


def _take_click() -> None:
    points = st.session_state["tuning-tradeoff"]["selection"].get(PICK) or []
    if points and points[0].get("cell") is not None:
        st.session_state[CHOICE] = int(points[0]["cell"])


def _name(cell: Any, *, suggested: bool) -> str:
    name = f"kernel width {number(cell.kernel_width)}, {cell.num_samples:,} samples"
    return f"{name} (suggested)" if suggested else name


def _cost(state: "TuningState", study: "TuningStudy") -> str:
    plan = study.plan
    rows = state.cells[-1].rows if state.cells else plan.rows
    return (
        f"{count(rows, 'row')}, {plan.pools} pools and {count(state.total, 'choice')}: "
        f"{count(rows * plan.pools * len(state.cells), 'explanation')} so far in {duration(state.seconds)}, "
        "in this server, with the engine sampled"
    )
