"""Put a run into a tracking server of MLflow: its settings, measures, explanations and report."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sparklime_core.errors import RunError, SparkLimeError, reason
from sparklime_core.extras import extras_named
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.manifest import Manifest, settings_values
from sparklime_core.runs.query.rows import mean_score
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import BLOCKS, EXPLANATIONS, MANIFEST, STABILITY, TASKS

EXPERIMENT = "SparkLIME"
FOLDER = "sparklime"
"""The folder of the run's files among the artifacts."""

REPORT = "report.html"
LONGEST = 500
"""Characters of a parameter that every tracking server takes."""


def log_run(run: Run, *, tracking_uri: str | None = None, experiment: str = EXPERIMENT) -> str:
    """Log a run; return the id of MLflow's own run.

    Parameters
    ----------
    run
        An ended run with some results.
    tracking_uri
        The tracking server or store; None: what ``MLFLOW_TRACKING_URI`` says.
    experiment
        Name of the experiment, which is made where there is none.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    RunError
        When the run has no results, or the server takes them not.
    """
    manifest = run.manifest()
    if not manifest.state.is_ended():
        raise RunError(f"The run {run.id} is still running; log it when it has ended.")
    report = run_report(run)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with extras_named():
        import mlflow  # noqa: PLC0415 - an extra, and it takes seconds
    try:
        client = mlflow.MlflowClient(tracking_uri=tracking_uri)
        return _log(client, run, manifest, report, experiment)
    except SparkLimeError:
        raise
    except Exception as error:
        raise RunError(f"MLflow has not taken the run {run.id}: {reason(error)}.") from error


def _log(client: Any, run: Run, manifest: Manifest, report: bytes, experiment: str) -> str:
    found = client.get_experiment_by_name(experiment)
    place = client.create_experiment(experiment) if found is None else found.experiment_id
    logged = client.create_run(place, run_name=manifest.title, tags=_tags(run, manifest)).info.run_id
    try:
        for name, value in parameters(manifest).items():
            client.log_param(logged, name, value)
        for name, measure in measures(run, manifest).items():
            client.log_metric(logged, name, measure)
        for name in (EXPLANATIONS, TASKS, BLOCKS, STABILITY, MANIFEST):
            if (run.folder / name).exists():
                client.log_artifact(logged, str(run.folder / name), FOLDER)
        with TemporaryDirectory(prefix="sparklime-report-") as folder:
            (Path(folder) / REPORT).write_bytes(report)
            client.log_artifact(logged, str(Path(folder) / REPORT), FOLDER)
    except BaseException:
        client.set_terminated(logged, "FAILED")
        raise
    client.set_terminated(logged, "FINISHED")
    return str(logged)


def parameters(manifest: Manifest) -> dict[str, str]:
    """Return what a run is a function of, by MLflow's names; how the model was trained where that is known."""
    groups = {"explain": settings_values(manifest.explain), "explainer": settings_values(manifest.explainer)}
    if not manifest.model.trained_elsewhere:
        groups["model"] = settings_values(manifest.training)
    found = {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}
    data = manifest.data
    found |= {"model.type": manifest.model.type, "rows": manifest.selection, "master": manifest.master}
    found |= {"table": data.name, "table.sha256": data.digest, "table.rows": data.rows, "target": data.target}
    return {name: str(value)[:LONGEST] for name, value in found.items() if value is not None}


def measures(run: Run, manifest: Manifest) -> dict[str, float]:
    """Return what was measured of a run: the model's metrics, the explanations' fit, and times."""
    found = {f"model.{name}": value for name, value in manifest.model.metrics.items()}
    found |= {"rows_explained": manifest.rows_explained, "rows_failed": manifest.rows_failed}
    found |= {"seconds": manifest.seconds, **{f"seconds.{name}": value for name, value in manifest.phases.items()}}
    fit = mean_score(run)
    found |= {} if fit is None else {"mean_score": fit}
    return {name: float(value) for name, value in found.items() if isinstance(value, (int, float))}


def _tags(run: Run, manifest: Manifest) -> dict[str, str]:
    versions = {f"version.{name}": version for name, version in manifest.versions.items()}
    return {"sparklime.run": run.id, "sparklime.state": manifest.state.value, **versions}
