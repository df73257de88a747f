"""Downloads: the filtered results, reports, and how to repeat the run. Files are made when they are asked for."""

import streamlit as st

from sparklime_core.dashboard.shared.elements import download_button
from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.export import (
    MOST_REASONS,
    USUAL_REASONS,
    explanations_csv,
    explanations_parquet,
    profiles_csv,
    reasons_csv,
)
from sparklime_core.runs.reproduce import command_line, python_script
from sparklime_core.runs.run import Run


def download_menu(run: Run, wanted: RowFilter) -> None:
    """Offer the explanations of the filtered rows."""
    with st.popover("Download", icon=":material/download:"):
        st.caption("Explanations of all rows that pass the filter.")
        download_button(
            "CSV, one line per weight",
            lambda: explanations_csv(run, wanted),
            f"{run.id}.csv",
            "csv",
            help="Texts that look like a formula begin with an apostrophe.",
        )
        download_button(
            "Parquet, one row per label",
            lambda: explanations_parquet(run, wanted),
            f"{run.id}.parquet",
            "database",
        )
        if run.manifest().explain.profiles:
            download_button(
                "Profiles, one line per bin",
                lambda: profiles_csv(run, wanted),
                f"{run.id}-profiles.csv",
                "stacked_bar_chart",
                help="The effect of every bin of a feature on the prediction around each row.",
            )
        reasons = int(st.number_input("Reasons per row", 1, MOST_REASONS, USUAL_REASONS, key="reasons"))
        download_button(
            "Reason codes, one line per row",
            lambda: reasons_csv(run, wanted, reasons=reasons),
            f"{run.id}-reasons.csv",
            "format_list_numbered",
            help="Each row's prediction, its local R², and its strongest reasons in words.",
        )


def report_button(run: Run, row: int | None = None) -> None:
    """Offer the report of a run, or of one of its rows."""
    download_button(
        "Report" if row is None else "Report of this row",
        lambda: _report(run, row),
        f"{run.id}{'' if row is None else f'-row-{row}'}.html",
        "article",
        key=f"report-{run.id}-{row}",
        help="One HTML file that opens anywhere, without this server.",
    )


def repeat_panel(run: Run) -> None:
    """Show the command line that repeats a run, and offer the script."""
    with shown_errors():
        command = command_line(run)
        st.caption(
            "Repeats the results to the last bit, on any master. It needs the run's file in the current "
            "folder and the versions below."
        )
        st.code(command, language="bash", wrap_lines=True)
        download_button("The same as a Python script", lambda: python_script(run), "repeat.py", "code")


def _report(run: Run, row: int | None) -> bytes:
    from sparklime_core.reports.row_report import row_report  # noqa: PLC0415 - only when one is asked for
    from sparklime_core.reports.run_report import run_report  # noqa: PLC0415

    return run_report(run) if row is None else row_report(run, row)
