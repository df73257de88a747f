"""The history of runs: its table, and the deletion of one."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.errors import shown_errors
from sparklime_core.dashboard.services import services
from sparklime_core.dashboard.text import plain
from sparklime_core.errors import RunError
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run


def history_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one line a run; a run whose manifest cannot be read says so."""
    return pd.DataFrame([_line(run) for run in runs])


@st.dialog("Delete this run?")
def confirm_delete(run_id: str, title: str) -> None:
    """Ask, and delete a run with everything in its folder."""
    st.markdown(f"The run of **{plain(title)}**, its explanations, its copy of the table and of the model.")
    st.caption(plain(run_id))
    if st.button("Delete it", type="primary", icon=":material/delete:"):
        with shown_errors():
            services().store.delete(run_id)
            if st.session_state.get("run") == run_id:
                st.session_state.pop("run")
            st.rerun()


def _line(run: Run) -> dict[str, object]:
    try:
        manifest = run.manifest()
    except RunError:
        return {"title": run.id, "state": "damaged"}
    return {
        "title": manifest.title,
        "state": manifest.state.value,
        "created": f"{manifest.created[:10]} {manifest.created[11:19]}",
        "engine": manifest.explain["engine"],
        "rows": manifest.rows_explained,
        "failed": manifest.rows_failed,
        "seconds": manifest.seconds,
        "master": manifest.master,
        "measure": _measure(manifest),
    }


def _measure(manifest: Manifest) -> str:
    metrics = manifest.model["metrics"]
    for name, label in (("accuracy", "accuracy"), ("r2", "R²")):
        if name in metrics:
            return f"{label} {metrics[name]:.3f}"
    return ""
