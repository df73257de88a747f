"""How soon a cancelled run has stopped: ``python -m benchmarks.cancelling``, embedded and on two workers.

lime itself explains the rows, and the run is cancelled while all cores are busy: as on the page, and by Ctrl-C
on the command line. Measured is how long it takes until the run is written down as cancelled, and until no Python
worker uses the processor any more.
"""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.manager import JobManager
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.models.train import train_forest
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.cluster.local_cluster import LocalCluster

TIMES = 3
LONGEST = 120.0
IDLE_WINDOW, IDLE_SHARE = 0.3, 0.05
DAEMONS = {"pyspark.daemon", "sparklime_worker_daemon"}
"""Modules that Python workers run: Spark's own, and that of executors on this machine."""

SAMPLE = ["breast_cancer", "--target", "diagnosis"]

Seconds = tuple[float, float]
"""Until the run is written down as cancelled, and until the Python workers are idle."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    # A command in a shell's background ignores Ctrl-C, and so would what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("| master | how | run cancelled (s) | workers idle (s) |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, LocalCluster.start(workers=2) as cluster:
        for name, master in (("local[2]", "local[2]"), ("two workers", cluster.url)):
            _print(name, "page", _by_page(master, Path(folder)))
            _print(name, "Ctrl-C", [_by_interrupt(master, Path(folder)) for _ in range(TIMES)])


def _print(master: str, how: str, measured: list[Seconds]) -> None:
    cells = [
        f"{statistics.median(seconds):.2f}, at most {max(seconds):.2f}" for seconds in zip(*measured, strict=True)
    ]
    print(f"| {master} | {how} | {cells[0]} | {cells[1]} |", flush=True)


def _by_page(master: str, folder: Path) -> list[Seconds]:
    dataset = load_sample(SAMPLE[0])
    plan = RunPlan(dataset, train_forest(dataset), ExplainSettings("reference"))
    service = SparkService(master)
    manager = JobManager(RunStore(folder / "runs"), service)
    measured = []
    for _ in range(TIMES):
        run = manager.store.open(manager.submit(plan))
        _await_work(run)
        measured.append(_stop(run, lambda run=run: manager.cancel(run.id)))
    service.close()
    return measured


def _by_interrupt(master: str, folder: Path) -> Seconds:
    out = Path(tempfile.mkdtemp(dir=folder)) / "out"
    subprocess.run(
        [sys.executable, "-m", "sparklime_core", "sample", SAMPLE[0]], cwd=folder, check=True, capture_output=True
    )
    command = [sys.executable, "-m", "sparklime_core", "explain", f"{SAMPLE[0]}.csv", *SAMPLE[1:]]
    process = subprocess.Popen(
        [*command, "--engine", "reference", "--out", str(out), "--master", master],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _await_work(Run(out))
    measured = _stop(Run(out), lambda: os.killpg(process.pid, signal.SIGINT))
    process.wait(LONGEST)
    return measured


def _await_work(run: Run) -> None:
    _until(lambda: bool(list(run.folder.glob("parts/wave-*.parquet"))))
    time.sleep(1.0)  # the second wave is under way on every core


def _stop(run: Run, press: Callable[[], object]) -> Seconds:
    began = time.perf_counter()
    press()
    written = _until(lambda: run.manifest().state is RunState.CANCELLED)
    idle = _until(_are_idle)
    # Idle since the window before it was seen.
    return written - began, max(idle - IDLE_WINDOW - began, 0.0)


def _are_idle() -> bool:
    before = _workers_seconds()
    time.sleep(IDLE_WINDOW)
    after = _workers_seconds()
    return sum(after[pid] - before.get(pid, 0.0) for pid in after) < IDLE_SHARE * IDLE_WINDOW


def _workers_seconds() -> dict[int, float]:
    """Return the processor time of the Python workers below this process, its cluster's too, by process."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if DAEMONS & {*process.cmdline()}:
                found[process.pid] = sum(process.cpu_times()[:2])
    return found


def _until(condition: Callable[[], bool]) -> float:
    end = time.perf_counter() + LONGEST
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError
        time.sleep(0.01)
    return time.perf_counter()


if __name__ == "__main__":
    main()
