"""The data page's forms: a file on the server, how a file was read, and what each of its columns is used for."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared import columns, workspace
from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.settings_form import reading_form
from sparklime_core.data.column_roles import ROLES, ColumnRole, propose_roles
from sparklime_core.data.dataset import Origin
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.table_source import ServerTable, TableSource, data_folders, list_tables

TASKS = {"auto": "detect from the values", "classification": "classes", "regression": "a number"}


def server_files() -> None:
    """Draw the choice of a file in a data folder; nothing without such folders."""
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


def decisions_form(source: TableSource) -> ReadOptions | None:
    """Show the decisions about the file, and a form to overrule them; return its options when it is sent."""
    decisions = [vars(decision) for decision in source.table.decisions]
    st.dataframe(
        pd.DataFrame(decisions, columns=["what", "value", "reason"]),
        hide_index=True,
        column_config={"what": "Question", "value": "Decision", "reason": "Why"},
        alt="Decisions about the file, with their reasons",
    )
    return reading_form("read")


def target_choice(source: TableSource, chosen: Origin | None) -> tuple[str, str]:
    """Draw the choice of the target; return its column, and its kind."""
    names = list(source.table.names)
    before = source.target if chosen is None else chosen.target
    left, right = st.columns(2)
    target = left.selectbox(
        "What to predict",
        names,
        index=names.index(before) if before in names else len(names) - 1,
        help="Classes (text, or few whole numbers), or numbers. Rows without a value are left out of training.",
        key="target",
    )
    task = right.selectbox(
        "Kind of target",
        list(TASKS),
        index=list(TASKS).index("auto" if chosen is None else chosen.task),
        format_func=TASKS.__getitem__,
        key="task",
    )
    return target, task


def roles_form(source: TableSource, target: str, chosen: Origin | None) -> dict[str, str] | None:
    """Show the role of each column in a table to edit; return the changes when it is sent.

    Parameters
    ----------
    source, target
        The table, and the column that is to be predicted.
    chosen
        What was chosen before: its roles are shown where the target is the same.
    """
    proposed = propose_roles(source.table, target)
    before = chosen.roles if chosen is not None and chosen.target == target else {}
    with st.form("roles"):
        edited = st.data_editor(
            roles_frame(source, [_as_chosen(role, before) for role in proposed]),
            hide_index=True,
            width="stretch",
            disabled=["column", "reason", "missing", "distinct"],
            column_config={
                "column": "Column",
                "role": st.column_config.SelectboxColumn(
                    "Role",
                    options=list(ROLES),
                    required=True,
                    help="numeric, categorical, date (split into year, month, day …), or drop: not used.",
                ),
                "reason": "Why",
                "missing": columns.MISSING,
                "distinct": columns.DISTINCT,
            },
            key=f"roles-of-{source.name}-{target}-{sorted(before.items())}",
            alt="Use of each column; the roles can be changed",
        )
        if not st.form_submit_button("Use this table", type="primary", icon=":material/check:"):
            return None
    return changed_roles(proposed, edited)


def roles_frame(source: TableSource, proposed: Sequence[ColumnRole]) -> pd.DataFrame:
    """Return the roles of all columns but the target as a table to edit."""
    rows: list[dict[str, Any]] = []
    for role in proposed:
        if role.role == "target":
            continue
        column = source.table.column(role.name)
        rows.append(
            {
                "column": role.name,
                "role": role.role,
                "reason": role.reason,
                "missing": column.missing,
                "distinct": column.distinct,
            }
        )
    return pd.DataFrame(rows, columns=["column", "role", "reason", "missing", "distinct"])


def _as_chosen(role: ColumnRole, chosen: Mapping[str, str]) -> ColumnRole:
    return ColumnRole(role.name, chosen[role.name], "you chose it") if role.name in chosen else role


def changed_roles(proposed: tuple[ColumnRole, ...], edited: pd.DataFrame) -> dict[str, str]:
    """Return the columns whose role a person has changed, with the new one."""
    before = {role.name: role.role for role in proposed}
    now = dict(zip(edited["column"], edited["role"], strict=True))
    return {name: role for name, role in now.items() if role != before[name]}
