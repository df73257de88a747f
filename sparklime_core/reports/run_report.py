"""The report of a run: settings, model, table, explanations, how far to trust them, workers, and some rows."""

from collections.abc import Sequence

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.score_histogram import scores_chart
from sparklime_core.charts.workers import importance_chart
from sparklime_core.errors import RunError
from sparklime_core.explain.trust import CHECKS, FIT, LOW_R2, RULE
from sparklime_core.reports import html
from sparklime_core.reports.row_report import row_parts
from sparklime_core.reports.run_facts import errors, fit_bins, fit_shares, mean_weights, worst_rows
from sparklime_core.reports.settings_table import LIMITS, footer, settings_table
from sparklime_core.runs.manifest import Manifest, settings_values
from sparklime_core.runs.result_queries import executors, explanations_of, largest_weight, mean_score, stability_of
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, duration, number, speed

ROWS = 10
"""Rows that a report tells of, unless a person chooses them."""

MOST_COLUMNS = 200


def run_report(run: Run, rows: Sequence[int] | None = None) -> bytes:
    """Return the report of a run as an HTML file.

    Parameters
    ----------
    run
        A run with some results.
    rows
        The rows to tell of; the `ROWS` that the model is most wrong about when None.

    Raises
    ------
    RunError
        When nothing is explained yet.
    """
    manifest = run.manifest()
    mean = mean_score(run)
    if mean is None:
        raise RunError("This run has no explained row yet, so there is nothing to report.")
    return html.page(
        f"Explanations of {manifest.title}",
        [
            *_head(manifest),
            *_model(manifest),
            *_explanations(run, mean),
            *_rows(run, rows),
            *_work(run, manifest),
            *_table(manifest),
            html.heading(2, "Settings"),
            settings_table(manifest),
            html.heading(2, "What this does not say"),
            *(html.paragraph(limit) for limit in LIMITS),
            *footer(run, manifest),
        ],
    )


def _head(manifest: Manifest) -> list[str]:
    data = manifest.data
    kind = "a number" if data.class_names is None else count(len(data.class_names), "class", "classes")
    failed = f", {manifest.rows_failed:,} of them could not be" if manifest.rows_failed else ""
    return [
        html.heading(1, f"Explanations of {manifest.title}"),
        html.paragraph(
            f"Why a model says what it says of {data.target} ({kind}), row by row: "
            f"{count(manifest.rows_explained, 'row')} of {data.rows:,} explained{failed}, "
            f"in {duration(manifest.seconds)}; {manifest.state.value}.",
            soft=True,
        ),
    ]


def _model(manifest: Manifest) -> list[str]:
    metrics = {name: value for name, value in manifest.model.metrics.items() if isinstance(value, (int, float))}
    training = "" if manifest.model.trained_elsewhere else _listed(settings_values(manifest.training))
    return [
        html.heading(2, "The model"),
        html.paragraph(f"{manifest.model.type}. {training}"),
        html.table(
            ("Measure", "Value"), [(name.replace("_", " "), number(value)) for name, value in metrics.items()]
        ),
        *(html.paragraph(f"{note[:1].upper()}{note[1:]}.") for note in manifest.model.notes),
    ]


def _explanations(run: Run, mean: float) -> list[str]:
    good, fair, weak = fit_shares(run, FIT.good, FIT.fair)
    failed = errors(run)
    return [
        html.heading(2, "What the model looks at"),
        html.figure(
            chart_svg(importance_chart(mean_weights(run)), "page", 480),
            "Mean |weight| of the strongest features over all explanations. Of features that speak for some rows "
            "and against others it hides the sign.",
        ),
        html.heading(2, "How far to trust the explanations"),
        html.paragraph(
            f"The fit is good (from {FIT.good}) for {good:.0%} of the explanations, "
            f"fair (from {FIT.fair}) for {fair:.0%}, and weak for {weak:.0%}. The limits are a convention. "
            f"lime's own local R² is {mean:.2f} in the mean: {LOW_R2}"
        ),
        html.paragraph(f"{RULE} {' '.join(limits.rule for limits in CHECKS)}", soft=True),
        html.figure(chart_svg(scores_chart(fit_bins(run)), "page", 480), "Explanations by their fit"),
        html.table(("Rows", "Why they could not be explained"), failed[["rows", "error"]].to_numpy().tolist()),
    ]


def _rows(run: Run, rows: Sequence[int] | None) -> list[str]:
    inputs, largest = run.inputs(), largest_weight(run)
    chosen = worst_rows(run, ROWS) if rows is None else list(rows)
    told = "The rows that the model is most wrong about" if rows is None else "Chosen rows"
    parts = [html.heading(2, "Some rows"), html.paragraph(f"{told}, on one scale.", soft=True)]
    for row in chosen:
        results = explanations_of(run, row)
        if not results:
            raise RunError(f"Row {row} has no explanation in this run.")
        parts.append(
            html.section(
                [html.heading(3, f"Row {row}"), *row_parts(results, inputs, largest, stability_of(run, row))]
            )
        )
    return parts


def _work(run: Run, manifest: Manifest) -> list[str]:
    frame = executors(run)
    lines = [
        (
            *(line[name] for name in ("executor", "host", "processes", "tasks", "rows")),
            duration(line["busy_seconds"]),
            speed(line["rows_per_second"]),
        )
        for line in frame.to_dict("records")
    ]
    header = ("Executor", "Host", "Processes", "Tasks", "Rows", "Busy", "Speed")
    return [
        html.heading(2, "Who did the work"),
        html.paragraph(f"Spark: {manifest.master}."),
        html.table(header, lines),
    ]


def _table(manifest: Manifest) -> list[str]:
    report = manifest.data.report
    decisions = [(entry.what, entry.value, entry.reason) for entry in report.decisions]
    columns = [
        (entry.name, entry.role, entry.reason, entry.missing, "; ".join(entry.notes)) for entry in report.columns
    ]
    more = f"{len(columns) - MOST_COLUMNS} more columns are not listed." if len(columns) > MOST_COLUMNS else ""
    return [
        html.heading(2, "The table"),
        html.table(("Decided about the file", "Value", "Why"), decisions),
        html.table(("Column", "Role", "Why", "Missing", "What was done"), columns[:MOST_COLUMNS]),
        html.paragraph(more, soft=True) if more else "",
    ]


def _listed(settings: dict[str, object]) -> str:
    return (
        ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items() if value is not None)
        + "."
    )
