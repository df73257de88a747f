"""One explained row as the templates show it: its sentence, and for each label its weights and its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.explain.profiles.carried import carried_words, largest_effect, profiles_of
from sparklime_core.explain.trust import fit_words, verdict_words
from sparklime_core.reports.document import Figure, figure
from sparklime_core.runs.inputs import Inputs
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
    beside = {} if measured is None else {"spread": measured["std"], "exact": measured["exact"]}
    chart = weights_chart(fold_weights(result["explanation"], view.values, BARS, **beside), largest)
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
