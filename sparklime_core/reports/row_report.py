"""The report of one row."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.classes import ROLES, probabilities_chart
from sparklime_core.errors import RunError
from sparklime_core.explain.trust import CHECKS, LOCALITY_RULE, RULE
from sparklime_core.reports.document import Figure, document, figure
from sparklime_core.reports.explained_row import Result, explained_row
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.query.results import explanations_of, stability_of
from sparklime_core.runs.row_view import class_probabilities
from sparklime_core.runs.run import Run

CLASSES = 12


def row_report(run: Run, row: int) -> bytes:
    """Return the report of a row as an HTML file.

    Raises
    ------
    RunError
        When the run has not explained the row.
    """
    results = explanations_of(run, row)
    if not results:
        raise RunError(f"Row {row} has no explanation in this run.")
    manifest, inputs = run.manifest(), run.inputs()
    return document(
        "row_report.html",
        run,
        manifest,
        f"Row {row} of {manifest.title}",
        question=f"Why did the model predict this {manifest.data.target}?",
        row=explained_row(run, results, inputs, _largest(results), stability_of(run, row)),
        probabilities=_probabilities(inputs, row, results),
        row_values=list(inputs.dataset.values_of(row).items()),
        rules=[RULE, *(limits.rule for limits in CHECKS), LOCALITY_RULE],
        settings_title="How it was explained",
    )


def _largest(results: Sequence[Result]) -> float:
    return max((abs(entry["weight"]) for result in results for entry in result["explanation"] or ()), default=0.0)


def _probabilities(inputs: Inputs, row: int, results: Sequence[Result]) -> Figure | None:
    names, found = inputs.dataset.class_names, class_probabilities(inputs, row)
    if names is None or found is None:
        return None
    probabilities = np.array(found)
    explained = {result["label"] for result in results}
    order = np.argsort(-probabilities, kind="stable")[:CLASSES]
    frame = pd.DataFrame(
        {
            "order": range(len(order)),
            "name": [names[index] for index in order],
            "probability": probabilities[order],
            "role": [ROLES[0] if index in explained else ROLES[1] for index in order],
        }
    )
    shown = "all classes" if len(names) <= CLASSES else f"the {CLASSES} most probable of {len(names)} classes"
    return figure(chart_svg(probabilities_chart(frame), "page", 420), f"The model's probabilities of {shown}")
