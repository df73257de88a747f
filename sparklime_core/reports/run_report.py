"""The report of a run: one HTML file; its figures are asked of DuckDB over the run's Parquet."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.overview import importance_chart, scores_chart
from sparklime_core.errors import RunError
from sparklime_core.explain.trust import CHECKS, FIT, LOW_R2, RULE
from sparklime_core.reports.document import document, figure
from sparklime_core.reports.row_report import ExplainedRow, explained_row
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.manifest import Manifest, settings_values
from sparklime_core.runs.query.database import ask_results, frame
from sparklime_core.runs.query.rows import executors, explanations_of, largest_weight, mean_score, stability_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan
from sparklime_core.wording import count, duration, number, speed

MOST_FEATURES = 20
BINS = 20
ROWS = 10
"""Rows in a report, unless a person chooses them."""

MOST_COLUMNS = 200

FIT_SQL = "coalesce(profile_score, score)"
"""What the fit of an explanation is judged by; runs made before have no profile score."""


def mean_weights(run: Run) -> pd.DataFrame:
    """Return the strongest features: ``feature``, ``mean_weight`` (mean \\|weight\\|) and ``rows`` that name it.

    The mean is over all explained (row, label) pairs; a feature that an explanation does not name counts as 0.
    """
    return _frame(
        run,
        "WITH entries AS (SELECT unnest(explanation) AS entry FROM results WHERE error IS NULL) "
        "SELECT entry.feature AS feature, sum(abs(entry.weight)) / "
        "(SELECT count(*) FROM results WHERE error IS NULL) AS mean_weight, count(*) AS rows "
        "FROM entries GROUP BY 1 ORDER BY mean_weight DESC, feature LIMIT ?",
        MOST_FEATURES,
    )


def fit_bins(run: Run) -> pd.DataFrame:
    """Return how many explanations have which fit: ``low``, ``high`` and ``rows``, from 0 to 1."""
    counted = _frame(
        run,
        f"SELECT least(greatest(floor({FIT_SQL} * ?), 0), ? - 1)::INTEGER AS bin, count(*) AS rows FROM results "  # noqa: S608
        "WHERE score IS NOT NULL GROUP BY 1",
        BINS,
        BINS,
    )
    rows = counted.set_index("bin")["rows"].reindex(range(BINS), fill_value=0)
    return pd.DataFrame(
        {
            "low": [at / BINS for at in range(BINS)],
            "high": [(at + 1) / BINS for at in range(BINS)],
            "rows": list(rows),
        }
    )


def fit_shares(run: Run, good: float, fair: float) -> tuple[float, float, float]:
    """Return the shares of explanations with a good, a fair and a weaker fit."""
    found = _frame(
        run,
        f"SELECT avg(({FIT_SQL} >= ?)::INTEGER) AS good, avg(({FIT_SQL} >= ? AND {FIT_SQL} < ?)::INTEGER) AS fair "  # noqa: S608
        "FROM results WHERE score IS NOT NULL",
        good,
        fair,
        good,
    ).iloc[0]
    if pd.isna(found["good"]):
        return 0.0, 0.0, 0.0
    return float(found["good"]), float(found["fair"]), 1.0 - float(found["good"]) - float(found["fair"])


def errors(run: Run, limit: int = 10) -> pd.DataFrame:
    """Return why rows could not be explained: ``error`` and ``rows``, most frequent first."""
    sql = (
        "SELECT error, count(DISTINCT row_id) AS rows FROM results WHERE error IS NOT NULL "
        "GROUP BY 1 ORDER BY rows DESC, error LIMIT ?"
    )
    return _frame(run, sql, limit)


def worst_rows(run: Run, limit: int) -> list[int]:
    """Return the rows that the model is most wrong about; where the truth is not known, the first rows."""
    distance = run.predicted.error_sql
    sql = (
        "WITH best AS (SELECT row_id, best_label(label, prediction) AS label, max(prediction) AS prediction "  # noqa: S608
        "FROM results WHERE error IS NULL GROUP BY 1) SELECT row_id FROM best JOIN (SELECT target, "
        f"file_row_number AS position FROM {scan(positions=True)}) kept ON kept.position = row_id "
        f"ORDER BY {distance} DESC NULLS LAST, row_id LIMIT ?"
    )
    return [int(row) for row in _frame(run, sql, literal(run.folder / DATA_FILE), limit)["row_id"]]


def _frame(run: Run, sql: str, *parameters: Any) -> pd.DataFrame:
    return frame(ask_results(run, sql, parameters))


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
