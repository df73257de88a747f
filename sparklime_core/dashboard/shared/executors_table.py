"""The executors of a session or a run, as a table."""

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared.text import executor_name


def executors_table(executors: list[dict[str, object]]) -> None:
    """Show executors with their cores and memory."""
    st.dataframe(
        pd.DataFrame(executors).assign(id=lambda table: table["id"].map(executor_name)),
        hide_index=True,
        column_config={"id": "Executor", "host": "Host", "cores": "Cores", "memory": "Memory"},
        alt="Executors with their cores and memory",
    )
