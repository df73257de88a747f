"""The executors' logs of a run: what they printed while they explained."""

from pathlib import Path

from sparklime_core.paths import newest_folders
from sparklime_core.runs.manifest import Manifest
from sparklime_core.spark.cluster.local_cluster import clusters_folder
from sparklime_core.spark.executors.logs import ExecutorOutput, cluster_outputs, embedded_output
from sparklime_core.spark.session.master import is_embedded


def run_outputs(manifest: Manifest, lines: int = 30) -> list[ExecutorOutput]:
    """Read what the executors of a run printed; empty where their logs are not on this machine, or no longer.

    Raises
    ------
    SparkError
        When a log is there but cannot be read.
    """
    if manifest.application is None:
        return []
    if is_embedded(manifest.master):
        log = Path(manifest.logs) if manifest.logs else None
        return [embedded_output(log, lines)] if log is not None and log.is_file() else []
    application = Path(manifest.application).name
    for folder in newest_folders(clusters_folder(), "*"):
        if (folder / "work" / application).is_dir():
            return cluster_outputs(folder, application, lines)
    return []
