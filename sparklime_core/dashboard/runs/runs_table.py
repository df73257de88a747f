"""The history of runs: its table, and the renaming and deletion of one."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.messages import plain, show_error, shown_errors
from sparklime_core.dashboard.shared.people import owner_name
from sparklime_core.dashboard.shared.run_cache import mean_score
from sparklime_core.dashboard.shared.services import services
from sparklime_core.errors import RunError
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.query.compare import forget_comparisons
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import LONGEST_TITLE
from sparklime_core.runs.stored_tables import MANIFEST

MEASURES = (("accuracy", "accuracy"), ("r2", "R²"))
"""The one measure of a model that the table shows: of classes, and of numbers."""


def history_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one line per run, damaged and half-made runs included."""
    person = services().person
    lines = [_line(run) for run in runs]
    if person.is_signed_in:
        owners = [owner_name(run.guard.access(), person) for run in runs]
        lines = [{"owner": owner, **line} for owner, line in zip(owners, lines, strict=True)]
    return pd.DataFrame(lines)


def history_columns() -> dict[str, Any]:
    """Return how the columns of `history_frame` are shown."""
    column = st.column_config
    return {
        "owner": "Owner",
        "title": column.TextColumn("Run", pinned=True, width="medium"),
        "state": "State",
        "created": "Started (UTC)",
        "rows": column.NumberColumn("Rows", format="localized", help="Explained rows"),
        "failed": column.NumberColumn("Failed", format="localized", help="Rows with an error"),
        "score": columns.score("Mean local R²", help="Fit of the explanations"),
        "measure": column.TextColumn("Model", help="The model's main measure, on test rows"),
        "engine": "Engine",
        "labels": column.TextColumn("Classes", help="Explained classes"),
        "features": column.NumberColumn("Features", help="Largest number of features in an explanation"),
        "samples": column.NumberColumn("Samples", format="localized"),
        "width": column.NumberColumn("Kernel width", format="%.3g", help="How far from the row samples count"),
        "discretizer": "Discretizer",
        "seed": column.NumberColumn("Seed", format="%d"),
        "seconds": column.NumberColumn("Seconds", format="%.1f", help="Wall time of explaining"),
        "speed": column.NumberColumn("Rows/s", format="%.0f"),
        "master": "Spark",
    }


def readable_manifest(run: Run) -> Manifest:
    """Return a run's manifest; if it cannot be read, show why, offer to delete the run, and stop the page."""
    try:
        return run.manifest()
    except RunError as error:
        with st.container(border=True):
            st.markdown(f"**{plain(run.id)}**")
            show_error(str(error))
            if services().may_change(run.id) and st.button("Delete …", icon=":material/delete:"):
                confirm_delete(run.id, run.id)
        st.stop()


@st.dialog("Delete this run?")
def confirm_delete(run_id: str, title: str) -> None:
    """Ask, and delete a run with everything in its folder."""
    st.markdown(f"The run of **{plain(title)}**, its explanations, its copy of the table and of the model.")
    st.caption(plain(run_id))
    if st.button("Delete it", type="primary", icon=":material/delete:"):
        with shown_errors():
            store = services().store
            store.delete(run_id)
            forget_comparisons(run_id, store.comparisons)
            if st.session_state.get("run") == run_id:
                st.session_state.pop("run")
            st.rerun()


@st.dialog("Rename this run")
def rename_dialog(run_id: str, title: str) -> None:
    """Ask for another name of a run."""
    with st.form("rename", border=False):
        name = st.text_input("Name", title, max_chars=LONGEST_TITLE)
        if st.form_submit_button("Rename", type="primary", icon=":material/check:"):
            with shown_errors():
                services().store.rename(run_id, name)
                st.rerun()


def _line(run: Run) -> dict[str, object]:
    try:
        return _facts(run, run.manifest())
    except RunError:
        is_damaged = (run.folder / MANIFEST).exists()
        return {"title": run.id, "state": "damaged" if is_damaged else RunState.HALF_MADE.value}


def _facts(run: Run, manifest: Manifest) -> dict[str, object]:
    explain, explainer = manifest.explain, manifest.explainer
    return {
        "title": manifest.title,
        "state": manifest.state.value,
        "created": f"{manifest.created[:10]} {manifest.created[11:19]}",
        "rows": manifest.rows_explained,
        "failed": manifest.rows_failed,
        "score": mean_score(run),
        "measure": _measure(manifest),
        "engine": explain.engine,
        "labels": explain.labels if isinstance(explain.labels, str) else str(list(explain.labels)),
        "features": explain.num_features,
        "samples": explain.num_samples,
        "width": explainer.width_for(len(manifest.data.features)),
        "discretizer": explainer.discretizer,
        "seed": manifest.seed,
        "seconds": manifest.seconds,
        "speed": manifest.rows_explained / manifest.seconds if manifest.seconds else None,
        "master": manifest.master,
    }


def _measure(manifest: Manifest) -> str:
    metrics = manifest.model.metrics
    return next((f"{label} {metrics[name]:.3f}" for name, label in MEASURES if name in metrics), "")
