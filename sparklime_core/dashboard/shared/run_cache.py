"""A run's results for the pages, remembered as long as the run's files stay the same."""

# ruff: noqa: ARG001 - the version is an argument so that the caches know it

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.feature_encoding import Encoding
from sparklime_core.runs.inputs import Inputs, read_encoding
from sparklime_core.runs.plot_sample import density, sample_points
from sparklime_core.runs.result_queries import explanations_of, mean_score
from sparklime_core.runs.row_filter import RowFilter
from sparklime_core.runs.row_queries import (
    count_found,
    find_rows,
    index_rows,
    mean_weights,
    place_of,
    random_row,
    shared_scale,
)
from sparklime_core.runs.run import Run
from sparklime_core.runs.similar_rows import other_reasons, same_reasons

if TYPE_CHECKING:
    from sparklime_core.explain.locality import LocalityDial
    from sparklime_core.explain.task import ExplainTask
    from sparklime_core.jobs.what_if import WhatIf

PAGE_ROWS = 100
"""Lines of a page of the table."""

PLOT_ROWS = 2000
"""The most points of the plot; where there are more rows, the density of all of them is behind a sample."""

Version = tuple[int, float]


def files_version(run: Run) -> Version:
    """Return what changes when the run has more results: how many files, and when the last was written."""
    files = run.explanation_files()
    return len(files), max((_written(path) for path in files), default=0.0)


@st.cache_resource(max_entries=4, show_spinner="Reading the run's table and model …")
def inputs_of(run_id: str) -> Inputs:
    """Return a run's table, model and rows."""
    return services().store.open(run_id).inputs()


@st.cache_data(max_entries=64, show_spinner="Laying out the rows, once …")
def lay_out_rows(run_id: str, version: Version) -> None:
    """Index the rows of a run, so that what asks about them does not keep a person waiting without a word."""
    index_rows(_open(run_id))


@st.cache_resource(max_entries=4, show_spinner="Preparing the engine, once for this run …")
def what_if_of(run_id: str) -> "WhatIf":
    """Return what explains values of one's own as a run explained its rows."""
    from sparklime_core.jobs.what_if import prepare_what_if  # noqa: PLC0415 - imports lime, and Spark's driver side

    return prepare_what_if(_open(run_id).manifest(), inputs_of(run_id))


@st.cache_resource(max_entries=2, show_spinner="Preparing the dial, once for this run …")
def _any_width_of(run_id: str) -> "ExplainTask":
    from sparklime_core.jobs.locality import prepare_any_width  # noqa: PLC0415 - imports lime, and Spark's driver side

    return prepare_any_width(_open(run_id).manifest(), inputs_of(run_id))


@st.cache_resource(max_entries=16, show_spinner=False)
def locality_dial_of(run_id: str, row_id: int, label: int) -> "LocalityDial":
    """Return what explains a label of one row at any kernel width."""
    from sparklime_core.explain.locality import LocalityDial  # noqa: PLC0415 - imports lime

    task = _any_width_of(run_id)
    labels = replace(task.settings, labels=(label,))
    return LocalityDial(replace(task, settings=labels), inputs_of(run_id).dataset.features[row_id].astype(float))


@st.cache_data(max_entries=64, show_spinner=False)
def rows_of_same_reasons(run_id: str, version: Version, row_id: int, regression: bool, limit: int) -> pd.DataFrame:
    """Return the rows whose explanation is nearest to a row's."""
    return same_reasons(_open(run_id), row_id, regression=regression, limit=limit)


@st.cache_data(max_entries=64, show_spinner=False)
def rows_of_like_values(run_id: str, version: Version, row_id: int, regression: bool, limit: int) -> pd.DataFrame:
    """Return the rows with like values and other reasons."""
    return other_reasons(_open(run_id), row_id, regression=regression, limit=limit)


@st.cache_data(max_entries=64, show_spinner=False)
def encoding_of(run_id: str) -> Encoding:
    """Return how a run's table is encoded, without reading the table."""
    return read_encoding(_open(run_id).folder)


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


@st.cache_data(max_entries=32, show_spinner=False)
def rows_sampled(run_id: str, version: Version, wanted: RowFilter, regression: bool, limit: int) -> pd.DataFrame:
    """Return the rows that stand for all that a filter lets through in the plot."""
    return sample_points(_open(run_id), wanted, regression=regression, limit=limit)


@st.cache_data(max_entries=32, show_spinner=False)
def rows_density(run_id: str, version: Version, wanted: RowFilter, regression: bool) -> pd.DataFrame:
    """Return how many of the rows that a filter lets through lie in each cell of the plot."""
    return density(_open(run_id), wanted, regression=regression)


@st.cache_data(max_entries=256, show_spinner=False)
def place_found(run_id: str, version: Version, wanted: RowFilter, regression: bool, row_id: int) -> int | None:
    """Return at which place of a filter's order a row is, if it is there."""
    return place_of(_open(run_id), wanted, row_id, regression=regression)


def any_row(run_id: str, wanted: RowFilter, regression: bool) -> int | None:
    """Return a row by chance, of those that a filter lets through."""
    seed = random.getrandbits(31)
    return random_row(_open(run_id), wanted, regression=regression, seed=seed)


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
