"""Taking results away: what the filter lets through, as CSV and Parquet."""

import streamlit as st

from sparklime_core.runs.browse import RowFilter
from sparklime_core.runs.export import explanations_csv, explanations_parquet
from sparklime_core.runs.run import Run


def download_menu(run: Run, wanted: RowFilter) -> None:
    """Offer the explanations of the filtered rows; they are made when a person asks for them."""
    regression = run.manifest().data["class_names"] is None
    with st.popover("Download", icon=":material/download:"):
        st.caption("The explanations of all rows that the filter lets through.")
        st.download_button(
            "CSV, one line a weight",
            lambda: explanations_csv(run, wanted, regression=regression),
            file_name=f"{run.id}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/csv:",
            help="Texts that a spreadsheet would take for a formula are prefixed with an apostrophe.",
        )
        st.download_button(
            "Parquet, one row a label",
            lambda: explanations_parquet(run, wanted, regression=regression),
            file_name=f"{run.id}.parquet",
            mime="application/vnd.apache.parquet",
            on_click="ignore",
            icon=":material/database:",
        )
