"""The report of a run: settings, model, table, explanations, how far to trust them, workers, and some rows."""

from collections.abc import Sequence
from typing import Any

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.score_histogram import scores_chart
from sparklime_core.charts.workers import importance_chart
from sparklime_core.errors import RunError
from sparklime_core.explain.trust import CHECKS, FIT, LOW_R2, RULE
from sparklime_core.reports.document import document, figure
from sparklime_core.reports.explained_row import ExplainedRow, explained_row
from sparklime_core.reports.run_facts import errors, fit_bins, fit_shares, mean_weights, worst_rows
from sparklime_core.runs.manifest import Manifest, settings_values
from sparklime_core.runs.query.results import executors, explanations_of, largest_weight, mean_score, stability_of
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, duration, number, speed

ROWS = 10
"""Rows in a report, unless a person chooses them."""

MOST_COLUMNS = 200


def run_report(run: Run, rows: Sequence[int] | None = None) -> bytes:
    """Return the report of a run as an HTML file.

    Parameters
    ----------
    run
        A run with some results.
    rows
        The rows to show; the `ROWS` that the model is most wrong about when None.

    Raises
    ------
    RunError
        When nothing is explained yet.
    """
    manifest = run.manifest()
    mean = mean_score(run)
    if mean is None:
        raise RunError("This run has no explained row yet, so there is nothing to report.")
    return document(
        "run_report.html",
        run,
        manifest,
        f"Explanations of {manifest.title}",
        question=_question(manifest),
        model=_model(manifest),
        **_explanations(run, mean),
        rows_title="Rows with the largest errors" if rows is None else "Chosen rows",
        rows=_rows(run, rows),
        master=manifest.master,
        executors=_executors(run),
        **_table(manifest),
        settings_title="Settings",
    )


def _question(manifest: Manifest) -> str:
    data = manifest.data
    kind = "a number" if data.class_names is None else count(len(data.class_names), "class", "classes")
    failed = f", {manifest.rows_failed:,} of them could not be" if manifest.rows_failed else ""
    return (
        f"The model's reasons for {data.target} ({kind}), row by row: "
        f"{count(manifest.rows_explained, 'row')} of {data.rows:,} explained{failed}, in "
        f"{duration(manifest.seconds)}; {manifest.state.value}."
    )


def _model(manifest: Manifest) -> dict[str, Any]:
    metrics = {name: value for name, value in manifest.model.metrics.items() if isinstance(value, (int, float))}
    training = "" if manifest.model.trained_elsewhere else _listed(settings_values(manifest.training))
    return {
        "kind": f"{manifest.model.type}. {training}",
        "measures": [(name.replace("_", " "), number(value)) for name, value in metrics.items()],
        "notes": [f"{note[:1].upper()}{note[1:]}." for note in manifest.model.notes],
    }


def _explanations(run: Run, mean: float) -> dict[str, Any]:
    good, fair, weak = fit_shares(run, FIT.good, FIT.fair)
    return {
        "importance": figure(
            chart_svg(importance_chart(mean_weights(run)), "page", 480),
            "Mean |weight| of the strongest features over all explanations. It hides the sign of "
            "features that speak for some rows and against others.",
        ),
        "fit": (
            f"The fit is good (from {FIT.good}) for {good:.0%} of the explanations, "
            f"fair (from {FIT.fair}) for {fair:.0%}, and weak for {weak:.0%}. The limits are a convention. "
            f"lime's own local R² is {mean:.2f} in the mean: {LOW_R2}"
        ),
        "rule": f"{RULE} {' '.join(limits.rule for limits in CHECKS)}",
        "fits": figure(chart_svg(scores_chart(fit_bins(run)), "page", 480), "Explanations by their fit"),
        "failed": errors(run)[["rows", "error"]].to_numpy().tolist(),
    }


def _rows(run: Run, rows: Sequence[int] | None) -> list[ExplainedRow]:
    inputs, largest = run.inputs(), largest_weight(run)
    chosen = worst_rows(run, ROWS) if rows is None else list(rows)
    explained = []
    for row in chosen:
        results = explanations_of(run, row)
        if not results:
            raise RunError(f"Row {row} has no explanation in this run.")
        explained.append(explained_row(run, results, inputs, largest, stability_of(run, row)))
    return explained


def _executors(run: Run) -> list[tuple[object, ...]]:
    return [
        (
            *(line[name] for name in ("executor", "host", "processes", "tasks", "rows")),
            duration(line["busy_seconds"]),
            speed(line["rows_per_second"]),
        )
        for line in executors(run).to_dict("records")
    ]


def _table(manifest: Manifest) -> dict[str, Any]:
    report = manifest.data.report
    columns = [
        (entry.name, entry.role, entry.reason, entry.missing, "; ".join(entry.notes)) for entry in report.columns
    ]
    return {
        "decisions": [(entry.what, entry.value, entry.reason) for entry in report.decisions],
        "columns": columns[:MOST_COLUMNS],
        "columns_left": max(len(columns) - MOST_COLUMNS, 0),
    }


def _listed(settings: dict[str, object]) -> str:
    return (
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items() if value is not None)
        + "."
    )
