"""The executors of a session or a run, as a table."""

import pandas as pd
import streamlit as st


def executors_table(executors: list[dict[str, object]]) -> None:
    """Show executors with their cores and memory."""
    st.dataframe(
        pd.DataFrame(executors),
        hide_index=True,
        column_config={"id": "Executor", "host": "Host", "cores": "Cores", "memory": "Memory"},
        alt="Executors with their cores and memory",
    )
