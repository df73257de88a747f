"""Runs: the history. Open, compare, rename, resume, repeat, delete."""

from dataclasses import asdict

import streamlit as st

from sparklime_core.dashboard.runs.runs_table import (
    confirm_delete,
    history_columns,
    history_frame,
    readable_manifest,
    rename_dialog,
)
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.downloads import repeat_panel, report_button
from sparklime_core.dashboard.shared.empty_state import next_step
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import COMPARE_RUNS, HOME, ROWS, WORKERS
from sparklime_core.dashboard.shared.people import access_caption, share_run_button
from sparklime_core.dashboard.shared.progress import resume_button
from sparklime_core.dashboard.shared.run_cache import mean_score
from sparklime_core.dashboard.shared.run_state import run_summary
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.manifest import settings_values

runs = services().store.runs()
if not runs:
    next_step("There is no run yet. Explain a sample with one click:", HOME, "Start", ":material/play_circle:")
    st.stop()

ids = [run.id for run in runs]
current = session_state.run_id()
event = st.dataframe(
    history_frame(runs),
    hide_index=True,
    on_select="rerun",
    selection_mode="single-row",
    selection_default={
        "selection": {"rows": [ids.index(current)] if current in ids else [], "columns": [], "cells": []}
    },
    key=f"runs-{hash(tuple(ids))}",
    column_config=history_columns(),
    alt="Earlier runs; select one to open it",
)
if not event.selection.rows:
    st.caption("Select a run to open it.")
    st.stop()

run = runs[event.selection.rows[0]]
manifest = readable_manifest(run)
with st.container(border=True):
    st.markdown(f"**{plain(manifest.title)}** &nbsp; {plain(run.id)}")
    run_summary(manifest)
    access_caption(run)
    with shown_errors():
        mean_score(run)  # a damaged file of results is said to be so
    with st.container(horizontal=True, vertical_alignment="center"):
        query = {"run": run.id}
        st.page_link(ROWS, label="Explained rows", icon=":material/troubleshoot:", query_params=query)
        st.page_link(WORKERS, label="Workers", icon=":material/lan:", query_params=query)
        st.page_link(COMPARE_RUNS, label="Compare", icon=":material/compare_arrows:", query_params=query)
        resume_button(run)
        if manifest.rows_explained > manifest.rows_failed:
            report_button(run)
        share_run_button(run)
        may_change = manifest.state.is_ended() and services().may_change(run.id)
        if may_change and st.button("Rename …", icon=":material/edit:"):
            rename_dialog(run.id, manifest.title)
        if may_change and st.button("Delete …", icon=":material/delete:"):
            confirm_delete(run.id, manifest.title)
    with st.expander("Repeat this run", icon=":material/terminal:"):
        repeat_panel(run)
    with st.expander("Settings and versions", icon=":material/tune:"):
        st.json(
            {
                "explain": settings_values(manifest.explain),
                "explainer": settings_values(manifest.explainer),
                "rows": manifest.selection,
                "training": settings_values(manifest.training),
                "model": asdict(manifest.model),
                "versions": manifest.versions,
            },
            expanded=1,
        )
        st.caption("The run's folder")
        st.code(str(run.folder), language=None, wrap_lines=True)
