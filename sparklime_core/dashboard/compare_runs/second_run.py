"""The choice of the second run, and the settings in which it differs from the first."""

import streamlit as st

from sparklime_core.dashboard.shared.navigation import RUNS, next_step
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count
from sparklime_core.errors import RunError
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.compare import (
    are_comparable,
    check_comparable,
    different_settings,
)
from sparklime_core.runs.run import Run


def second_run(first: Run) -> Run:
    """Let the run to compare with be chosen; where there is none, say so and stop the page."""
    mine = first.manifest()
    others = {run.id: manifest for run in services().store.runs() if (manifest := _comparable(run, first, mine))}
    if not others:
        next_step(
            "There is no other run over this table with the same output. Explain it again with other "
            "settings, then return here.",
            RUNS,
            "Runs",
            ":material/history:",
        )
        st.stop()
    wanted = st.query_params.get("with")
    if wanted is not None and wanted not in others:
        check_comparable(mine, services().store.open(wanted).manifest())
    ids = list(others)
    chosen = st.selectbox(
        "Compare with",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda run_id: f"{others[run_id].title} · {_short(others[run_id])}",
        key=f"compare-with-{first.id}",
    )
    st.query_params["with"] = str(chosen)
    return services().store.open(str(chosen))


def settings_panel(first: Manifest, second: Manifest) -> None:
    """Show which settings differ."""
    differing = different_settings(first, second)
    if differing.empty:
        st.info("All settings are the same.", icon=":material/equal:")
        return
    st.dataframe(
        differing,
        hide_index=True,
        column_config={"setting": "Setting", "first": "First run", "second": "Second run"},
        alt="Settings that differ between the two runs",
    )


def _comparable(run: Run, first: Run, mine: Manifest) -> Manifest | None:
    if run.id == first.id:
        return None
    try:
        theirs = run.manifest()
    except RunError:
        return None
    return theirs if are_comparable(mine, theirs) else None


def _short(manifest: Manifest) -> str:
    explain = manifest.explain
    return (
        f"{manifest.created[:16].replace('T', ' ')} · {explain.engine}, "
        f"{explain.num_samples:,} samples, {count(manifest.rows_explained, 'row')}"
    )
