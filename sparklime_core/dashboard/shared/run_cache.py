"""The cache of runs: answers while the results stay the same, and objects made of the inputs.

All people share it. So each question checks first that the person may see the run.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.caching.cache_utils import CachedFunc

from sparklime_core.runs.query import rows, similar
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.locality import LocalityDial
    from sparklime_core.explain.task import ExplainTask
    from sparklime_core.jobs.nearest_changes import NearestChanges
    from sparklime_core.jobs.what_if import WhatIf
    from sparklime_core.runs.inputs import Inputs, Tables

P = ParamSpec("P")
T = TypeVar("T")
PAGE_ROWS = 100
"""Lines of a page of the table."""

PLOT_ROWS = 2000
"""The most points of the plot; where there are more rows, the density of all of them is behind a sample."""


class Remembered(Generic[P, T]):
    """A question about runs, and the answers that were given.

    Parameters
    ----------
    answers
        The question, as Streamlit remembers it.
    """

    def __init__(self, answers: CachedFunc[P, T]) -> None:
        self._answers = answers
        self.clear: Callable[[], None] = answers.clear

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the answer; raise `RunError` where the person may not see one of the runs."""
        for run in (*args, *kwargs.values()):
            if isinstance(run, Run):
                run.guard.check_seen()
        return self._answers(*args, **kwargs)


def remember(question: Callable[P, T], *, entries: int = 64, spinner: bool | str = False) -> Remembered[P, T]:
    """Return a question about runs that is asked again only when the run has more results.

    Parameters
    ----------
    question
        Its arguments may be runs. Each caller gets a copy of the answer.
    entries
        The most answers that are kept.
    spinner
        What a person reads meanwhile.
    """
    return Remembered(
        st.cache_data(max_entries=entries, show_spinner=spinner, hash_funcs={Run: _id_and_version})(question)
    )


def keep(make: Callable[P, T], *, entries: int = 4, spinner: bool | str = False) -> Callable[P, T]:
    """Return a function that makes an object of a run's inputs once; all callers share the object."""
    return Remembered(
        st.cache_resource(max_entries=entries, show_spinner=spinner, hash_funcs={Run: _run_id})(make)
    )


def _run_id(run: Run) -> str:
    return run.id


def _id_and_version(run: Run) -> tuple[str, str]:
    return run.id, run.version()


index_rows = remember(rows.index_rows, spinner="Preparing the index of the rows, once for this run …")
find_rows = remember(rows.find_rows, entries=256)
count_found = remember(rows.count_found, entries=256)
place_of = remember(rows.place_of, entries=256)
mean_weights = remember(rows.mean_weights)
shared_scale = remember(rows.shared_scale)
sample_points = remember(rows.sample_points, entries=32)
density = remember(rows.density, entries=32)
same_reasons = remember(similar.same_reasons)
other_reasons = remember(similar.other_reasons)
explanations_of = remember(rows.explanations_of, entries=512)
explained_by = remember(rows.explained_by, entries=512)
stability_of = remember(rows.stability_of, entries=512)
mean_score = remember(rows.mean_score, entries=512)
encoding_of = keep(Run.encoding, entries=64)


# Each of these is made once for a run. Streamlit's spinner of a cache would lie over the lines that follow it.
@keep
def tables_of(run: Run) -> "Tables":
    """Return the run's tables."""
    with st.spinner("Reading the run's table …"):
        return run.tables()


@keep
def inputs_of(run: Run) -> "Inputs":
    """Return the run's tables with its model, which takes a new server seconds to open."""
    tables = tables_of(run)
    with st.spinner("Opening the run's model …"):
        return run.inputs(tables)


@keep
def what_if_of(run: Run) -> "WhatIf":
    """Return the `WhatIf` that explains any values as the run explained its rows."""
    inputs = inputs_of(run)
    with st.spinner("Preparing the engine, once for this run …"):
        from sparklime_core.jobs.what_if import prepare_what_if  # noqa: PLC0415 - imports lime

        return prepare_what_if(run.manifest(), inputs)


@keep
def nearest_changes_of(run: Run) -> "NearestChanges":
    """Return the search for the nearest changes of the run's rows."""
    inputs = inputs_of(run)
    with st.spinner("Reading the values of the table, once for this run …"):
        from sparklime_core.jobs.nearest_changes import NearestChanges  # noqa: PLC0415 - not every page needs it

        return NearestChanges.of(inputs)


@partial(keep, entries=2)
def _any_width_of(run: Run) -> "ExplainTask":
    inputs = inputs_of(run)
    with st.spinner("Preparing the kernel widths, once for this run …"):
        from sparklime_core.jobs.what_if import prepare_any_width  # noqa: PLC0415 - imports lime

        return prepare_any_width(run.manifest(), inputs)


@partial(keep, entries=16)
def locality_dial_of(run: Run, row_id: int, label: int) -> "LocalityDial":
    """Return the dial that explains a label of one row at any kernel width."""
    from sparklime_core.explain.locality import LocalityDial  # noqa: PLC0415 - imports lime

    task = _any_width_of(run)
    labels = replace(task.settings, labels=(label,))
    return LocalityDial(replace(task, settings=labels), inputs_of(run).dataset.features[row_id].astype(float))
