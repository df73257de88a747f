"""One explained row as the templates show it: its sentence, and for each label its weights and its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.classes import ROLES, probabilities_chart
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.errors import RunError
from sparklime_core.explain.trust import (
    CHECKS,
    LOCALITY_RULE,
    RULE,
    carried_words,
    fit_words,
    largest_effect,
    profiles_of,
    verdict_words,
)
from sparklime_core.reports.document import Figure, document, figure
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.query.rows import explanations_of, stability_of
from sparklime_core.runs.row_view import (
    RowView,
    class_probabilities,
    colour_words,
    row_sentences,
    row_verdict,
    view_row,
)
from sparklime_core.runs.run import Run
from sparklime_core.wording import number

BARS = 15
PROFILES = 5
"""Features whose profile is drawn."""

Result = Mapping[str, Any]
CLASSES = 12


@dataclass(frozen=True)
class ExplainedLabel:
    """The explanation of one label: weights, verdict, and profiles where the run keeps them."""

    weights: Figure
    verdict: str
    profiles: Figure | None


@dataclass(frozen=True)
class ExplainedRow:
    """A row of a report; a row with an error has no labels."""

    id: int
    error: str | None
    sentence: str
    labels: Sequence[ExplainedLabel]


def explained_row(
    run: Run, results: Sequence[Result], inputs: Inputs, largest: float, stability: Sequence[Result]
) -> ExplainedRow:
    """Return a row of a report.

    Parameters
    ----------
    run, inputs
        Where the row is from.
    results
        The row's results, one a label.
    largest
        The largest \\|weight\\| of all rows of the report, whose charts have one scale.
    stability
        How stable the explanations are, as far as the run has measured it.
    """
    row_id = int(results[0]["row_id"])
    probabilities = class_probabilities(inputs, row_id)
    view = view_row(results, inputs.dataset, inputs.test_rows, None, probabilities)
    error = view.result["error"]
    if error is not None:
        return ExplainedRow(row_id, error, "", ())
    by_label = {measured["label"]: measured for measured in stability}
    span = inputs.prediction_span(run.output)
    labels = []
    for result in results:
        measured = by_label.get(result["label"])
        weights = _weights(run.predicted.noun, view, result, measured, largest)
        labels.append(
            ExplainedLabel(weights, verdict_words(row_verdict(result, measured, span)), _profiles(result))
        )
    return ExplainedRow(row_id, None, " ".join(row_sentences(view)), labels)


def _weights(noun: str, view: RowView, result: Result, measured: Result | None, largest: float) -> Figure:
    name, (up, down) = result["label_name"], colour_words(view)
    uncertainty = {} if measured is None else {"spread": measured["std"], "exact": measured["exact"]}
    chart = weights_chart(fold_weights(result["explanation"], view.values, BARS, **uncertainty), largest)
    words = (
        f"{name}: the model's {noun} is {number(result['prediction'])}, the surrogate's "
        f"{number(result['local_prediction'])}; {fit_words(result)} "
        f"Blue {up}, orange {down} {name}."
    )
    if measured is not None:
        words += " Lines: one standard deviation on both sides, over pools of samples."
        words += "" if measured["exact"] is None else " Purple: without sampling noise."
    return figure(chart_svg(chart, "page"), words)


def _profiles(result: Result) -> Figure | None:
    """Draw the profiles of the strongest features, where the run keeps them."""
    profiles = profiles_of(result)
    if not profiles:
        return None
    chart = profiles_chart(profiles_frame(profiles[:PROFILES]), largest_effect(profiles))
    words = "The model's mean prediction where the feature is in a bin, minus its mean around the row."
    return figure(chart_svg(chart, "page"), f"{words} {carried_words(profiles, PROFILES)}")


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
