"""How far two runs agree: the file of their comparison, and its figures."""

from pathlib import Path

import streamlit as st

from sparklime_core.dashboard.shared.cache import remember
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.query.compare import (
    TOP,
    Comparison,
    comparison_file,
)
from sparklime_core.runs.run import Run

DISTANCE_HELP = (
    "Euclidean distance between the weights of the two explanations; 0: equal weights. A feature that "
    "an explanation does not name has weight 0. Where the predicted class changed and no other class "
    "was explained, the weights belong to different classes."
)
OVERLAP_HELP = (
    f"Jaccard index of the {TOP} strongest features in both runs; 1: the same features, 0: none in common."
)
_comparison_file = remember(comparison_file, entries=16, spinner="Comparing the two runs row by row …")


def comparison_of(first: Run, second: Run) -> Path:
    """Return the file of two runs' comparison, made at the first look."""
    folder = services().store.comparisons
    path = _comparison_file(first, second, folder)
    if not path.exists():
        _comparison_file.clear()
        path = _comparison_file(first, second, folder)
    return path


def figures(found: Comparison) -> None:
    """Show how far the runs agree."""
    with st.grid(5, min_column_width=140):
        st.metric("Rows in both", f"{found.rows:,}", border=True)
        if found.changed is not None:
            st.metric(
                "Class changed", f"{found.changed:,}", border=True, help="Rows whose predicted class differs."
            )
        st.metric("Mean distance", f"{found.mean_distance:.3g}", border=True, help=DISTANCE_HELP)
        st.metric("Mean overlap", f"{found.mean_overlap:.2f}", border=True, help=OVERLAP_HELP)
        st.metric(
            "Mean local R²",
            f"{found.second_score:.2f}",
            f"{found.second_score - found.first_score:+.2f}",
            border=True,
            help=f"Second run; the first run has {found.first_score:.2f}.",
        )
