"""A study of settings: its form, the grid while it fills, its charts, and the use of what is chosen."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.studies import PICKED_CELL, grid_chart, tradeoff_chart
from sparklime_core.dashboard.shared.elements import draw, show
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN
from sparklime_core.dashboard.shared.studies import choose_subject, remember_study, show_outcome
from sparklime_core.explain.trust import FIT, LOCALITY_RULE
from sparklime_core.wording import count, duration, number

if TYPE_CHECKING:
    from sparklime_core.jobs.tuning import TuningState, TuningStudy

AS_STEADY = 0.02
"""How far below the best Jaccard index a choice still counts as steady."""

AS_GOOD = 0.02
"""How far below the best fit a choice still counts as good."""

CHOICE = "tuning-choice"


def cells_frame(state: "TuningState") -> pd.DataFrame:
    """Return a line for each cell that is measured, numbered in ``cell``."""
    frame = pd.DataFrame([vars(cell) for cell in state.cells])
    frame.insert(0, "cell", range(len(frame)))
    return frame


def suggested(cells: pd.DataFrame) -> int:
    """Return the most local cell among the steady ones that fit well; of equals the one with fewer samples."""
    steady = cells[cells["jaccard"] >= cells["jaccard"].max() - AS_STEADY]
    fitting = steady[steady["fit"] >= steady["fit"].max() - AS_GOOD]
    local = fitting["effective_share"].astype(float).round(2)
    ranked = fitting.assign(local=local).sort_values(["local", "num_samples"], kind="stable")
    return int(ranked["cell"].iloc[0])


def tuning_form() -> None:
    """Draw the form; when it is sent, begin a study.

    Raises
    ------
    SparkLimeError
        When the study cannot be made.
    """
    with st.form("tuning"):
        load = choose_subject("tuning-subject")
        left, right = st.columns(2)
        rows = left.number_input(
            "Rows",
            1,
            500,
            32,
            key="tuning-rows",
            help="A sample drawn with the seed; every figure is a mean over these rows.",
        )
        pools = right.number_input(
            "Pools", 2, 20, 5, key="tuning-pools", help="Number of explanations per row, each with its own seed."
        )
        if not st.form_submit_button("Try the grid", type="primary", icon=":material/grid_on:"):
            return
    from sparklime_core.jobs.tuning import TuningPlan, TuningStudy  # noqa: PLC0415 - imports lime

    study = TuningStudy(TuningPlan(**vars(load()), rows=int(rows), pools=int(pools)))
    study.start()
    st.session_state.pop(CHOICE, None)
    remember_study("tuning", study)


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
            draw(chart, alt=alt, key="tuning-tradeoff", on_select=_take_click, selection_mode=PICKED_CELL)
    with right:
        for value, title in (("fit", "Fit"), ("jaccard", "Stability (Jaccard)")):
            st.markdown(f"## {title}")
            draw(
                grid_chart(cells, value, title, chosen),
                alt=f"{title} by kernel width and samples",
                key=f"tuning-{value}-{live}",
            )


def _take_click() -> None:
    points = st.session_state["tuning-tradeoff"]["selection"].get(PICKED_CELL) or []
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
