"""Tables of the folders on the server that its operator offers."""

from pathlib import Path

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.session_state import TableSource
from sparklime_core.data.read_table import read_table
from sparklime_core.data.server_folders import ServerTable, data_folders, list_tables


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
            help="CSV or Parquet, also in gzip or zip, in the folders that the operator of this server offers.",
        )
        if st.button("Read it", icon=":material/table_view:", disabled=name is None) and name:
            session_state.set_source(None)
            session_state.set_source(read_server_file(folder, name))


def read_server_file(folder: Path, name: str) -> TableSource:
    """Read a file of a data folder; raise `DataError` when it is none, or no table."""
    content = ServerTable(folder, name)
    table = read_table(content.read(), file=name)
    return TableSource(table.name, table, content)
