"""Tables of the folders on the server that its operator offers."""

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.data.table_source import ServerTable, TableSource, data_folders, list_tables


def server_files() -> None:
    """Let a file of a data folder be chosen; without such folders there is nothing to see."""
    folders = data_folders()
    if not folders:
        return
    with st.expander("Or a file on the server", icon=":material/folder_open:"), shown_errors():
        folder = st.selectbox("Folder", folders, format_func=str, key="data-folder")
        name = st.selectbox(
            "File",
            list_tables(folder),
            index=None,
            key=f"data-file-{folder}",
            placeholder="Choose a table",
            help=(
                "CSV or Parquet (also in gzip or zip) from the folders that the operator of this server offers."
            ),
        )
        if st.button("Read it", icon=":material/table_view:", disabled=name is None) and name:
            workspace.set_source(None)
            workspace.set_source(TableSource.of_server_file(ServerTable(folder, name)))
