"""The report of one row, and the part of a run's report that tells of one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.classes import ROLES, probabilities_chart
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import RunError
from sparklime_core.explain.profiles.carried import carried_words, largest_effect, profiles_of
from sparklime_core.explain.trust import CHECKS, LOCALITY_RULE, RULE, fit_words, judge
from sparklime_core.reports import html
from sparklime_core.reports.settings_table import LIMITS, footer, settings_table
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.result_queries import explanations_of, stability_of
from sparklime_core.runs.run import Run
from sparklime_core.wording import number

BARS = 15
CLASSES = 12
PROFILES = 5
"""Features whose profile is drawn."""

Result = Mapping[str, Any]


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
    parts = [
        html.heading(1, f"Row {row} of {manifest.title}"),
        html.paragraph(f"Why did the model predict this {manifest.data.target}?", soft=True),
        *row_parts(results, inputs, _largest(results), stability_of(run, row)),
        *_probabilities(inputs, row, results),
        html.heading(2, "The row"),
        html.table(("Feature", "Value"), values_of(inputs.dataset, row).items()),
        html.heading(2, "How far to trust an explanation"),
        html.paragraph(RULE),
        *(html.paragraph(limits.rule) for limits in CHECKS),
        html.paragraph(LOCALITY_RULE),
        html.heading(2, "How it was explained"),
        settings_table(manifest),
        html.heading(2, "What this does not say"),
        *(html.paragraph(limit) for limit in LIMITS),
        *footer(run, manifest),
    ]
    return html.page(f"Row {row} of {manifest.title}", parts)


def row_parts(results: Sequence[Result], inputs: Inputs, largest: float, stability: Sequence[Result]) -> list[str]:
    """Return the sentence of a row, and for each explained label its weights and how far to trust them."""
    row = int(results[0]["row_id"])
    best = max(results, key=lambda result: -np.inf if result["prediction"] is None else result["prediction"])
    if best["error"] is not None:
        return [html.paragraph(f"This row could not be explained: {best['error']}.")]
    parts = [html.paragraph(sentence(best, inputs.dataset))]
    values = values_of(inputs.dataset, row)
    regression = inputs.dataset.class_names is None
    for result in results:
        name = result["label_name"]
        up, down = ("raises", "lowers") if regression else ("speaks for", "speaks against")
        measured = next((found for found in stability if found["label"] == result["label"]), {})
        beside = {"spread": measured.get("std"), "exact": measured.get("exact")}
        chart = weights_chart(fold_weights(result["explanation"], values, BARS, **beside), largest)
        fit = (
            f"{name}: the model says {number(result['prediction'])}, the surrogate "
            f"{number(result['local_prediction'])}; {fit_words(result)} "
            f"Blue {up}, orange {down} {name}."
        )
        if measured:
            fit += " Lines: one standard deviation over pools of samples to both sides."
        if beside["exact"] is not None:
            fit += " Purple: without sampling."
        parts.append(html.figure(chart_svg(chart, "page"), fit))
        parts.append(html.paragraph(trust(result, measured, inputs.learnt_from.prediction_span)))
        parts.extend(_profiles(result))
    return parts


def _profiles(result: Result) -> list[str]:
    """Draw the profiles of the strongest features, where the run keeps them."""
    profiles = profiles_of(result)
    if not profiles:
        return []
    chart = profiles_chart(profiles_frame(profiles[:PROFILES]), largest_effect(profiles))
    words = "The model's mean prediction where the feature is in a bin, less its mean around the row."
    return [html.figure(chart_svg(chart, "page"), f"{words} {carried_words(profiles, PROFILES)}")]


def trust(result: Result, measured: Result, span: float) -> str:
    """Return the verdict on an explanation, and the checks that it is made of."""
    explanation = result["explanation"]
    verdict = judge(
        result["score"],
        result["local_prediction"] - result["prediction"],
        profile_score=result.get("profile_score"),
        span=span,
        jaccard=measured.get("jaccard"),
        sampling_rmse=measured.get("sampling_rmse"),
        strongest=explanation[0]["weight"] if explanation else None,
    )
    told = [f"{check.limits.name.lower()} {check.figure:.0%} ({check.level})" for check in verdict.checks]
    return f"Trust: {verdict.level}; {', '.join(told)}."


def sentence(best: Result, dataset: Dataset) -> str:
    """Return what the model says of a row, and what is true."""
    row = int(best["row_id"])
    known = bool(dataset.labelled[row])
    truth = dataset.target_text(row) if known else "not known"
    if dataset.class_names is None:
        return f"The model predicts {number(best['prediction'])}; the true value is {truth}."
    said = f"The model says {best['label_name']} with probability {best['prediction']:.2f}."
    if not known:
        return f"{said} The true class is not known."
    verdict = "right" if best["label"] == dataset.target[row] else "wrong"
    return f"{said} That is {verdict}: it is {truth}."


def values_of(dataset: Dataset, row: int) -> dict[str, str]:
    """Return a row's value of each feature as text."""
    return {
        name: dataset.value_text(index, float(dataset.features[row, index]))
        for index, name in enumerate(dataset.feature_names)
    }


def _largest(results: Sequence[Result]) -> float:
    return max((abs(entry["weight"]) for result in results for entry in result["explanation"] or ()), default=0.0)


def _probabilities(inputs: Inputs, row: int, results: Sequence[Result]) -> list[str]:
    names = inputs.dataset.class_names
    features = inputs.dataset.features[row : row + 1]
    if names is None or not np.isfinite(features).all():
        return []
    probabilities = inputs.estimator.predict_proba(features)[0]
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
    return [
        html.heading(2, "Probabilities"),
        html.figure(chart_svg(probabilities_chart(frame), "page", 420), f"The model's probabilities of {shown}"),
    ]
