"""Data: upload a table or choose a sample, say what is to be predicted, and see what becomes of each column."""

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.data.table_form import decisions_form, roles_form, server_files, target_choice
from sparklime_core.dashboard.shared import columns, workspace
from sparklime_core.dashboard.shared.empty_state import earlier_work
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import DATA, MODEL
from sparklime_core.dashboard.shared.people import share_workspace_button
from sparklime_core.dashboard.shared.settings_form import reading_form
from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.table_source import SAMPLES, TableSource
from sparklime_core.wording import count

PREVIEW_ROWS = 50

left, right = st.columns(2)
with left:
    upload = st.file_uploader(
        "Upload a CSV or Parquet file",
        help="CSV (any common encoding and delimiter) or Parquet; both also in gzip or zip.",
        key="upload",
    )
with right:
    st.markdown("Or take a sample", help="Bundled tables. They work like a file of your own.")
    with st.container(horizontal=True, gap="xsmall"):
        for sample in SAMPLES.values():
            if st.button(sample.title, help=sample.description, key=f"sample-{sample.name}"):
                workspace.use_sample(sample.name)
server_files()
ready = st.container()  # what is ready, and the next step: above the table, where they are seen at once
if upload is not None and upload.file_id != st.session_state.get("read-upload"):
    st.session_state["read-upload"] = upload.file_id
    workspace.set_source(None)
    with shown_errors():
        workspace.set_source(TableSource.of_upload(upload.name, upload.getvalue()))
if upload is not None and workspace.source() is None:
    st.markdown("Change how the file is read, if it was read wrongly")
    with shown_errors():
        options = reading_form("unread")
        if options is not None:
            workspace.set_source(TableSource.of_upload(upload.name, upload.getvalue(), options))
            st.rerun()
    st.stop()

source = workspace.source()
if source is None:
    if workspace.dataset() is None:
        st.info("Upload a file or choose a sample to begin.", icon=":material/upload_file:")
        earlier_work(DATA)
        st.stop()
else:
    table = source.table
    st.markdown(f"## {plain(source.name)}")
    st.caption(f"{count(table.rows, 'row')}, {count(len(table.columns), 'column')}; the first {PREVIEW_ROWS} rows")
    st.dataframe(table.preview(PREVIEW_ROWS).to_pandas(), height=230, alt="The first rows of the table")
    with st.expander("How the file was read", icon=":material/description:"), shown_errors():
        options = decisions_form(source)
        if options is not None:
            workspace.set_source(source.read_again(options))
            st.rerun()
    with shown_errors():
        chosen = workspace.chosen()
        target, task = target_choice(source, chosen)
        roles = roles_form(source, target, chosen)
        if roles is not None:
            workspace.set_dataset(assemble(table, target, roles=roles, task=task))

dataset = workspace.dataset()
if dataset is not None:
    kind = "a number" if dataset.class_names is None else count(len(dataset.class_names), "class", "classes")
    with ready:
        st.success(
            f"{plain(dataset.name)}: {count(dataset.rows, 'row')}, "
            f"{count(len(dataset.feature_names), 'feature')}; target: {plain(dataset.target_name)} "
            f"({kind}).",
            icon=":material/check_circle:",
        )
        st.page_link(MODEL, label="Next: train a model", icon=":material/forest:")
        share_workspace_button("data")
    with st.expander("How each column is used", icon=":material/fact_check:", expanded=True):
        report = pd.DataFrame([vars(column) for column in dataset.report.columns])
        for listed in ("features", "notes"):
            report[listed] = ["; ".join(texts) for texts in report[listed]]
        st.dataframe(
            report,
            hide_index=True,
            column_config={
                "name": "Column",
                "role": "Role",
                "reason": "Why",
                "missing": columns.MISSING,
                "distinct": columns.DISTINCT,
                "features": "Features",
                "notes": "Cleaning steps",
            },
            alt="Role of each column, and why",
        )
