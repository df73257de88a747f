"""A run's results for the pages, remembered as long as the run's files stay the same."""

# ruff: noqa: ARG001 - the version is an argument so that the caches know it

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.services import services
from sparklime_core.runs.browse import RowFilter, count_found, find_rows, mean_weights, shared_scale
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.queries import explanations_of, mean_score
from sparklime_core.runs.run import Run

PAGE_ROWS = 100
"""Lines of a page of the table."""

PLOT_ROWS = 2000
"""The most points of the plot: the first of the filter's order."""

Version = tuple[int, float]


def files_version(run: Run) -> Version:
    """Return what changes when the run has more results: how many files, and when the last was written."""
    files = run.explanation_files()
    return len(files), max((_written(path) for path in files), default=0.0)


@st.cache_resource(max_entries=4, show_spinner="Reading the run's table and model …")
def inputs_of(run_id: str) -> Inputs:
    """Return a run's table, model and rows."""
    return services().store.open(run_id).inputs()


@st.cache_data(max_entries=256, show_spinner=False)
def rows_found(
    run_id: str, version: Version, wanted: RowFilter, regression: bool, limit: int, offset: int
) -> pd.DataFrame:
    """Return a page of the rows that a filter lets through."""
    return find_rows(_open(run_id), wanted, regression=regression, limit=limit, offset=offset)


@st.cache_data(max_entries=256, show_spinner=False)
def rows_counted(run_id: str, version: Version, wanted: RowFilter, regression: bool) -> int:
    """Return how many rows a filter lets through."""
    return count_found(_open(run_id), wanted, regression=regression)


@st.cache_data(max_entries=64, show_spinner=False)
def features_ranked(
    run_id: str, version: Version, wanted: RowFilter, regression: bool, limit: int
) -> pd.DataFrame:
    """Return the mean \\|weight\\| of the features over the rows that a filter lets through."""
    return mean_weights(_open(run_id), wanted, regression=regression, limit=limit)


@st.cache_data(max_entries=64, show_spinner=False)
def largest_bar(run_id: str, version: Version, top: int) -> float:
    """Return the scale that the weight charts of all rows share."""
    return shared_scale(_open(run_id), top)


@st.cache_data(max_entries=512, show_spinner=False)
def row_results(run_id: str, version: Version, row_id: int) -> list[dict[str, Any]]:
    """Return the results of one row, one a label."""
    return explanations_of(_open(run_id), row_id)


@st.cache_data(max_entries=512, show_spinner=False)
def score_of(run_id: str, version: Version) -> float | None:
    """Return the mean local R² of a run."""
    return mean_score(_open(run_id))


def _open(run_id: str) -> Run:
    return services().store.open(run_id)


def _written(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except FileNotFoundError:
        return 0.0
