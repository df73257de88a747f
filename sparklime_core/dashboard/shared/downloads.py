"""Taking results away: what the filter lets through, and how to repeat the run. Made when a person asks for it."""

import streamlit as st

from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.runs.export import explanations_csv, explanations_parquet, profiles_csv, reasons_csv
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.reason_codes import MOST_REASONS, REASONS
from sparklime_core.runs.reproduce import command_line, python_script
from sparklime_core.runs.run import Run


def download_menu(run: Run, wanted: RowFilter) -> None:
    """Offer the explanations of the filtered rows."""
    with st.popover("Download", icon=":material/download:"):
        st.caption("The explanations of all rows that the filter lets through.")
        st.download_button(
            "CSV, one line a weight",
            lambda: explanations_csv(run, wanted),
            file_name=f"{run.id}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/csv:",
            help="Texts that a spreadsheet would take for a formula are prefixed with an apostrophe.",
        )
        st.download_button(
            "Parquet, one row a label",
            lambda: explanations_parquet(run, wanted),
            file_name=f"{run.id}.parquet",
            mime="application/vnd.apache.parquet",
            on_click="ignore",
            icon=":material/database:",
        )
        if run.manifest().explain.profiles:
            st.download_button(
                "Profiles, one line a bin",
                lambda: profiles_csv(run, wanted),
                file_name=f"{run.id}-profiles.csv",
                mime="text/csv",
                on_click="ignore",
                icon=":material/stacked_bar_chart:",
                help="What every bin of a feature does to the prediction around each row.",
            )
        reasons = int(st.number_input("Reasons a row", 1, MOST_REASONS, REASONS, key="reasons"))
        st.download_button(
            "Reason codes, one line a row",
            lambda: reasons_csv(run, wanted, reasons=reasons),
            file_name=f"{run.id}-reasons.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/format_list_numbered:",
            help="What the model says of each row, the local R², and its strongest reasons in words.",
        )


def report_button(run: Run, row: int | None = None) -> None:
    """Offer the report of a run, or of one of its rows."""
    st.download_button(
        "Report" if row is None else "Report of this row",
        lambda: _report(run, row),
        file_name=f"{run.id}{'' if row is None else f'-row-{row}'}.html",
        mime="text/html",
        on_click="ignore",
        icon=":material/article:",
        key=f"report-{run.id}-{row}",
        help="One HTML file that opens anywhere, without this server.",
    )


def repeat_panel(run: Run) -> None:
    """Show the command line that repeats a run, and offer the script."""
    with shown_errors():
        command = command_line(run)
        st.caption(
            "Gives the same results to the last bit, on any master, with the run's file in the current folder "
            "and the versions below."
        )
        st.code(command, language="bash", wrap_lines=True)
        st.download_button(
            "The same as a Python script",
            lambda: python_script(run),
            file_name="repeat.py",
            mime="text/x-python",
            on_click="ignore",
            icon=":material/code:",
        )


def _report(run: Run, row: int | None) -> bytes:
    from sparklime_core.reports.row_report import row_report  # noqa: PLC0415 - only when one is asked for
    from sparklime_core.reports.run_report import run_report  # noqa: PLC0415

    return run_report(run) if row is None else row_report(run, row)
