"""How local? A dial from the whole table to the row's surroundings, and the explanation at each kernel width."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN
from sparklime_core.dashboard.shared.run_cache import locality_dial_of
from sparklime_core.explain.locality import LocalityDial
from sparklime_core.explain.trust import largest_effect, locality_words, profiles_of
from sparklime_core.wording import number

STEPS = 25
WIDEST, NARROWEST = 4.0, 0.1
"""The ends of the dial, as multiples of the run's own kernel width."""

TOP = 8
"""Features with a bar."""

PROFILES = 2
"""Features with a profile, of those with the strongest weights."""

HELP = (
    "The kernel width decides how far from the row samples still count. On the left the explanation is "
    "about the whole table, on the right about rows like this one. Where the engine exact serves the "
    "model, the weights have no sampling noise."
)


@st.fragment
@shown_errors()
def draw_locality(row: RowContext) -> None:
    """Draw the dial, and the explanation at its kernel width."""
    view, run = row.view, row.run
    dial = locality_dial_of(run, view.row_id, int(view.result["label"]))
    usual = run.manifest().explainer.width_for(len(view.values))
    widths = dial_widths(dial, usual)
    at = st.select_slider(
        "How local?",
        range(len(widths)),
        value=int(np.argmin(np.abs(np.log(np.array(widths) / usual)))),
        format_func=lambda at: f"width {number(widths[at])}",
        help=HELP,
        key=f"locality-{view.row_id}-{view.result['label']}",
    )
    width = widths[at]
    found = explanation_at(dial, width, int(view.result["label"]))
    st.caption(f"{locality_words(found['effective_share'])} {samples_words(dial, width)}")
    with st.grid(3, min_column_width=90, gap="xsmall"):
        st.metric("Fit", _number(found["profile_score"]))
        st.metric("Local R²", _number(found["score"]))
        st.metric("Samples that count", f"{found['effective_share']:.0%}")
    _charts(row, found)
    if st.button("Use this kernel width", icon=":material/check:", help="For the next run."):
        st.session_state["kernel-width"] = round(width, 4)
        st.switch_page(EXPLAIN)


def dial_widths(dial: LocalityDial, usual: float) -> list[float]:
    """Return the kernel widths of the dial, widest first; it ends where a pool's samples stop being enough."""
    widths = np.geomspace(WIDEST * usual, NARROWEST * usual, STEPS)
    least = 0.0 if dial.any_width else dial.narrowest
    return [float(width) for width in widths if width >= least] or [usual]


def explanation_at(dial: LocalityDial, width: float, label: int) -> Mapping[str, Any]:
    """Return the row's explanation of a label at a kernel width, as a dictionary of the result's schema."""
    results = dial.explain(width).to_pylist()
    found: Mapping[str, Any] = next(result for result in results if result["label"] == label)
    return found


def samples_words(dial: LocalityDial, width: float) -> str:
    """Say whether the run's number of samples would be enough at a width."""
    samples, size = dial.task.settings.num_samples, dial.effective_size(width)
    if dial.narrowest == float("inf"):
        return f"With {samples:,} samples, too few would count at any width."
    counted = f"Of {samples:,} samples, about {size:,.0f} would count"
    if width < dial.narrowest:
        return (
            f"{counted}: too few. Below the width {number(dial.narrowest)} sampling needs more than {samples:,}."
        )
    if not dial.any_width:
        return f"{counted}. The dial ends at the width {number(dial.narrowest)}: below it, too few samples count."
    return f"{counted}. They stop being enough below the width {number(dial.narrowest)}."


def _charts(row: RowContext, found: Mapping[str, Any]) -> None:
    explanation, view = found["explanation"], row.view
    largest = max((abs(entry["weight"]) for entry in explanation), default=0.0)
    bars = fold_weights(explanation, view.values, TOP)
    draw(
        weights_chart(bars, max(largest, float(bars["weight"].abs().max()))),
        alt=f"Weights of row {view.row_id} at this kernel width",
        key="locality-weights",
    )
    profiles = profiles_of(found)
    if profiles:
        draw(
            profiles_chart(profiles_frame(profiles[:PROFILES]), largest_effect(profiles)),
            alt=f"Profiles of row {view.row_id} at this kernel width",
            key="locality-profiles",
        )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
