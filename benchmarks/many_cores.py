"""Many cores on a machine of few: ``python -m benchmarks.many_cores [--quick] [--out docs]``.

The executors of real standalone clusters wait, for as long as slow ones would compute, and hand over results that
were made before. All else is real: waves, tasks, results, files. What `benchmarks.scaling` says of many cores is
held against that.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.pages import machine, table
from benchmarks.scale import Problem, explain_on, measure_on, seconds_a_task
from benchmarks.scaleruns import Measured
from benchmarks.scaling import Driver, Model
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.runs.manifest import Writers
from sparklime_core.spark.cluster.local_cluster import LocalCluster
from sparklime_core.spark.session.connect import connect, disconnect

LAYOUTS = ((1, 8), (4, 8), (8, 8))
"""Workers, and the cores of each."""

QUICK_LAYOUTS = ((1, 2), (1, 4))
ROW_SECONDS = 1.6e-3
"""For a row on a core: many times what `sampled` takes, since this machine's cores write the results of all."""

CORE_SECONDS, QUICK_CORE_SECONDS = 20, 4
"""How long each core waits in a run."""

WRITERS: tuple[Writers, ...] = ("driver", "executors")

PAGE = """# Many cores

Written by `python -m benchmarks.many_cores`; do not edit. {machine}; the load was {load:.1f} before.

This machine has {cores} cores, so the executors of these clusters do not compute: for each row they wait
{row:.2g} ms, then hand over a result that was made before. All else is real: one standalone cluster a line, its
Python workers, waves and tasks, the results on their way to the driver or to the disk, and the run's files. A core
that waits has {seconds} s of rows, so a run without any loss takes {seconds} s on any number of cores. *Joining*
comes after them. The last column is what the model of [Scale](scale.md) says of the same run, with the figures of
the driver fitted on the two smallest clusters of this page.

"""


@dataclass(frozen=True)
class WaitingTask(ExplainTask):
    """Explains a block by waiting, then returns the results of other rows under the ids of these.

    Attributes
    ----------
    found
        The results of `BLOCK_ROWS` rows, one of each.
    wait_seconds
        How long it waits for a row.
    """

    found: pa.RecordBatch
    wait_seconds: float

    def explain(self, rows: FloatArray, row_ids: IntArray) -> pa.RecordBatch:
        """Wait, and return a batch of the compact schema."""
        time.sleep(self.wait_seconds * len(rows))
        return self.found.slice(0, len(rows)).set_column(0, self.found.schema.field(0), pa.array(row_ids))

    @classmethod
    def instead_of(cls, task: ExplainTask, rows: FloatArray) -> "WaitingTask":
        """Explain some rows with a task, for one that waits in its place."""
        found = task.explain(rows[:BLOCK_ROWS], np.arange(BLOCK_ROWS))
        return cls(
            task.explainer, task.predict_fn, task.settings, task.engine, task.vocabulary, found, ROW_SECONDS
        )


def measure(*, quick: bool) -> tuple[list[Measured], float]:
    """Let each cluster explain, in both ways; return also the JVM's seconds to start a task."""
    layouts, seconds = (QUICK_LAYOUTS, QUICK_CORE_SECONDS) if quick else (LAYOUTS, CORE_SECONDS)
    runs, task_seconds = [], 0.0
    most = max(workers * cores for workers, cores in layouts)
    with tempfile.TemporaryDirectory() as folder:
        problem = Problem.of(_rows(most, seconds), Path(folder), trees=1)
        waiting = WaitingTask.instead_of(problem.tasks["sampled"], problem.plan.dataset.features)
        problem = replace(problem, tasks={"sampled": waiting})
        for workers, cores in layouts:
            print(f"{time.strftime('%H:%M:%S')} {workers} workers of {cores} cores ...", flush=True)
            with LocalCluster.start(workers=workers, cores=cores, memory="1g") as cluster:
                spark = connect(cluster.url)
                for writers in WRITERS:
                    explain_on(spark, problem, "sampled", writers, _rows(workers * cores, seconds) // 8)
                    rows = _rows(workers * cores, seconds)
                    runs.append(measure_on(spark, problem, "sampled", writers, rows, workers * cores))
                task_seconds = task_seconds or seconds_a_task(spark)
                disconnect()
    return runs, task_seconds


def _rows(cores: int, seconds: float) -> int:
    return round(cores * seconds / ROW_SECONDS)


def page(runs: list[Measured], task_seconds: float, load: float) -> str:
    """Return the page: each run, and what the model says of it."""
    small = sorted({run.workers for run in runs})[:2]
    lines = []
    for writers in WRITERS:
        held = [run for run in runs if run.writers == writers]
        fitted = [run for run in held if run.workers in small]
        driver = (Driver.fit if writers == "driver" else Driver.fit_written)(fitted, task_seconds)
        model = replace(Model.fit(fitted, [], driver), row=ROW_SECONDS, spread=0.0)
        for run in held:
            least = run.rows * ROW_SECONDS / run.workers
            said = max(model.parts(run.rows, run.workers).values())
            lines.append(
                [
                    writers, f"{run.workers}", f"{run.rows:,}", f"{run.wall:.1f}", f"{run.rows / run.wall:,.0f}",
                    f"{least / run.wall:.0%}", f"{run.waves}", f"{run.tasks}", f"{run.driver_python:.1f}",
                    f"{run.driver_java:.1f}", f"{run.joining:.1f}", f"{least / said:.0%}",
                ]
            )  # fmt: skip
    header = ["who writes", "cores", "rows", "seconds", "rows a second", "efficiency", "waves", "tasks"]
    header += ["driver's Python, s", "its JVM, s", "joining, s", "the model's efficiency"]
    introduction = PAGE.format(
        machine=machine("numpy", "pyarrow", "pyspark"),
        load=load,
        cores=os.cpu_count(),
        row=1e3 * ROW_SECONDS,
        seconds=round(runs[0].rows * ROW_SECONDS / runs[0].workers),
    )
    return introduction + table(header, lines)


def main() -> None:
    """Measure, and write ``many_cores.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_cores", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and cores: to see that it works")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    runs, task_seconds = measure(quick=chosen.quick)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "many_cores.md").write_text(page(runs, task_seconds, load))
    print(f"Wrote {chosen.out / 'many_cores.md'}.")


if __name__ == "__main__":
    main()
