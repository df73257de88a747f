"""A run's table, model and results, remembered for the pages."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sparklime_core.dashboard.shared.cache import keep, remember
from sparklime_core.runs.query import plot, results, rows, similar
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.locality import LocalityDial
    from sparklime_core.explain.task import ExplainTask
    from sparklime_core.jobs.nearest_changes import NearestChanges
    from sparklime_core.jobs.what_if import WhatIf
    from sparklime_core.runs.inputs import Inputs

PAGE_ROWS = 100
"""Lines of a page of the table."""

PLOT_ROWS = 2000
"""The most points of the plot; where there are more rows, the density of all of them is behind a sample."""

index_rows = remember(rows.index_rows, spinner="Preparing the index of the rows, once for this run …")
find_rows = remember(rows.find_rows, entries=256)
count_found = remember(rows.count_found, entries=256)
place_of = remember(rows.place_of, entries=256)
mean_weights = remember(rows.mean_weights)
shared_scale = remember(rows.shared_scale)
sample_points = remember(plot.sample_points, entries=32)
density = remember(plot.density, entries=32)
same_reasons = remember(similar.same_reasons)
other_reasons = remember(similar.other_reasons)
explanations_of = remember(results.explanations_of, entries=512)
explained_by = remember(results.explained_by, entries=512)
stability_of = remember(results.stability_of, entries=512)
mean_score = remember(results.mean_score, entries=512)

tables_of = keep(Run.tables, spinner="Reading the run's table …")
encoding_of = keep(Run.encoding, entries=64)


@partial(keep, spinner="Opening the run's model …")
def inputs_of(run: Run) -> "Inputs":
    """Return the run's tables with its model, which takes a new server seconds to open."""
    return run.inputs(tables_of(run))


@partial(keep, spinner="Preparing the engine, once for this run …")
def what_if_of(run: Run) -> "WhatIf":
    """Return what explains any values as the run explained its rows."""
    from sparklime_core.jobs.what_if import prepare_what_if  # noqa: PLC0415 - imports lime

    return prepare_what_if(run.manifest(), inputs_of(run))


@partial(keep, spinner="Reading the values of the table, once for this run …")
def nearest_changes_of(run: Run) -> "NearestChanges":
    """Return what finds the nearest changes of the run's rows."""
    from sparklime_core.jobs.nearest_changes import NearestChanges  # noqa: PLC0415 - not every page needs it

    return NearestChanges.of(inputs_of(run))


@partial(keep, entries=2, spinner="Preparing the kernel widths, once for this run …")
def _any_width_of(run: Run) -> "ExplainTask":
    from sparklime_core.jobs.what_if import prepare_any_width  # noqa: PLC0415 - imports lime

    return prepare_any_width(run.manifest(), inputs_of(run))


@partial(keep, entries=16)
def locality_dial_of(run: Run, row_id: int, label: int) -> "LocalityDial":
    """Return what explains a label of one row at any kernel width."""
    from sparklime_core.explain.locality import LocalityDial  # noqa: PLC0415 - imports lime

    task = _any_width_of(run)
    labels = replace(task.settings, labels=(label,))
    return LocalityDial(replace(task, settings=labels), inputs_of(run).dataset.features[row_id].astype(float))
