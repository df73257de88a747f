"""How the job on Spark scales: ``python -m benchmarks.scale [--quick] [--out docs]``.

Real standalone clusters of 1, 2 and 4 one-core workers explain the same rows, by the fast engine and by lime
itself. What is measured there, `benchmarks.scaling` extends to more cores than this machine has.
"""

import argparse
import contextlib
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 - after the number of threads
import psutil  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from benchmarks.million import make_plan  # noqa: E402
from benchmarks.scaleruns import LAYOUTS, TREES, WAYS, Measured, Start  # noqa: E402
from sparklime_core.explain.settings import ExplainSettings  # noqa: E402
from sparklime_core.explain.task import ExplainTask, block_rows  # noqa: E402
from sparklime_core.jobs.plan import RunPlan  # noqa: E402
from sparklime_core.jobs.runner import task_of  # noqa: E402
from sparklime_core.runs.manifest import RunState, Writers  # noqa: E402
from sparklime_core.runs.run import Run  # noqa: E402
from sparklime_core.spark.cluster.local_cluster import LocalCluster  # noqa: E402
from sparklime_core.spark.session.connect import application, connect, current, disconnect  # noqa: E402
from sparklime_core.spark.session.master import read_json  # noqa: E402
from sparklime_core.spark.waves.payload import pickled  # noqa: E402
from sparklime_core.spark.waves.scheduler import run_waves, write_waves  # noqa: E402
from sparklime_core.spark.waves.wave_kinds import Wave, WrittenWave  # noqa: E402

ROWS = {"sampled": 120_000, "reference": 512}
QUICK_ROWS = {"sampled": 20_000, "reference": 64}
REPEATS = 3
ASKED_TIMES = 20
FEW_TASKS, MANY_TASKS = 2, 502
SETTLE_SECONDS = 1.0
"""How long Spark's page may need to hear of a task's end."""


@dataclass(frozen=True)
class Problem:
    """What is explained, and the folder in which runs of it are made."""

    plan: RunPlan
    tasks: dict[str, ExplainTask]
    folder: Path

    @classmethod
    def of(cls, rows: int, folder: Path, trees: int = TREES) -> "Problem":
        """Make the table, and train its model."""
        plan = make_plan(rows, trees=trees)
        manifest = plan.manifest("spark://")
        tasks = {
            engine: task_of(plan.inputs(), replace(manifest, explain=ExplainSettings(engine))) for engine in ROWS
        }
        return cls(plan, tasks, folder)

    def run(self, engine: str, writers: Writers, rows: int) -> Run:
        """Make a run of the first rows."""
        plan = replace(self.plan, rows=rows, explain=ExplainSettings(engine))
        manifest = replace(plan.manifest("spark://"), writers=writers)
        return Run.create(self.folder / secrets.token_hex(4), manifest, plan.inputs())


@dataclass
class Kept:
    """What is left of the waves of a run that are on the disk.

    Attributes
    ----------
    waves
        How many.
    carried
        Bytes of rows and results that went through the driver.
    """

    waves: int = 0
    carried: int = 0


def measure(*, quick: bool) -> tuple[list[Start], list[Measured], float]:
    """Start each layout, and explain on it; return also the JVM's seconds to start a task."""
    counts, repeats = (QUICK_ROWS, 1) if quick else (ROWS, REPEATS)
    starts, runs, task_seconds = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        problem = Problem.of(max(counts.values()), Path(folder))
        for workers in LAYOUTS:
            print(f"{time.strftime('%H:%M:%S')} {workers} one-core workers ...", flush=True)
            began = time.perf_counter()
            with LocalCluster.start(workers=workers, cores=1, memory="1g") as cluster:
                started = time.perf_counter()
                spark = connect(cluster.url)
                connected = time.perf_counter()
                explain_on(spark, problem, "sampled", "driver", 256 * workers)
                warm = time.perf_counter()
                starts.append(Start(workers, started - began, connected - started, warm - connected))
                for engine, writers in WAYS:
                    explain_on(spark, problem, engine, writers, counts[engine] // 8)
                    found = [
                        measure_on(spark, problem, engine, writers, counts[engine], workers)
                        for _ in range(repeats)
                    ]
                    runs.append(sorted(found, key=lambda run: run.wall)[len(found) // 2])
                task_seconds.append(seconds_a_task(spark))
                disconnect()
    return starts, runs, statistics.median(task_seconds)


def explain_on(spark, problem: Problem, engine: str, writers: Writers, rows: int) -> tuple[Run, Kept]:
    """Explain rows, and put each wave on the disk as a run does; the run has not ended then."""
    run, task, kept = problem.run(engine, writers, rows), problem.tasks[engine], Kept()
    features, row_ids = problem.plan.dataset.features[:rows], np.arange(rows)

    def keep(wave: Wave) -> None:
        run.append(
            wave.number,
            wave.blocks,
            task.vocabulary.decode(wave.explanations),
            wave.tasks,
            wave.work,
            wave.stability,
        )
        kept.waves += 1
        kept.carried += wave.explanations.nbytes

    def count(_wave: WrittenWave) -> None:
        kept.waves += 1

    cancel = threading.Event()
    if writers == "driver":
        run_waves(spark, task, features, row_ids, on_wave=keep, cancel=cancel)
        kept.carried += features.nbytes + row_ids.nbytes
    else:
        size = block_rows(task.settings, rows)
        parts = run.begin_attempt(features, row_ids, size)
        write_waves(spark, task, parts, blocks=range(-(-rows // size)), on_wave=count, cancel=cancel)
    return run, kept


def measure_on(spark, problem: Problem, engine: str, writers: Writers, rows: int, workers: int) -> Measured:
    """Explain rows on workers that have started, and measure it."""
    connection = current()
    java = psutil.Process(connection.gateway.process.pid)
    before = {stage["stageId"] for stage in _told(spark, "stages")}
    processor, java_processor = time.process_time(), processor_seconds(java)
    began = time.perf_counter()
    run, kept = explain_on(spark, problem, engine, writers, rows)
    wall = time.perf_counter() - began
    driver = time.process_time() - processor, processor_seconds(java) - java_processor
    began = time.perf_counter()
    run.finish(RunState.FINISHED)
    joining = time.perf_counter() - began
    time.sleep(SETTLE_SECONDS)
    spark_tasks = [
        told
        for stage in _told(spark, "stages")
        if stage["stageId"] not in before
        for told in _told(spark, f"stages/{stage['stageId']}/{stage['attemptId']}/taskList?length=100000")
    ]
    work, tasks = (pq.read_table(files) for files in (run.block_files(), run.task_files()))
    by_executor: Counter[str] = Counter()
    for row in tasks.select(["executor", "rows"]).to_pylist():
        by_executor[row["executor"]] += row["rows"]
    seconds = work["seconds"].to_numpy()
    return Measured(
        engine=engine,
        writers=writers,
        workers=workers,
        rows=rows,
        wall=wall,
        joining=joining,
        engine_busy=float(seconds.sum()),
        python_busy=pc.sum(tasks["seconds"]).as_py(),
        task_busy=_sum(spark_tasks, "executorRunTime"),
        starting=_sum(spark_tasks, "executorDeserializeTime"),
        returning=_sum(spark_tasks, "resultSerializationTime"),
        tail=sum(
            _tail(tasks.filter(pc.equal(tasks["wave"], wave)), workers)
            for wave in pc.unique(tasks["wave"]).to_pylist()
        ),
        driver_python=driver[0],
        driver_java=driver[1],
        waves=kept.waves,
        tasks=len(spark_tasks),
        spread=float(seconds.std() / seconds.mean()),
        by_executor=dict(by_executor),
        payload=len(pickled(problem.tasks[engine])),
        carried=kept.carried / rows,
    )


def seconds_a_task(spark) -> float:
    """Return the seconds of the driver's JVM for one more task of a job: the job of many less that of a few."""
    java = psutil.Process(current().gateway.process.pid)
    taken = []
    for tasks in (MANY_TASKS, FEW_TASKS, MANY_TASKS):  # the first compiles what the JVM runs
        before = processor_seconds(java)
        spark.range(0, tasks, 1, tasks).mapInArrow(lambda batches: batches, "id long").toArrow()
        time.sleep(SETTLE_SECONDS)
        taken.append(processor_seconds(java) - before)
    return max(taken[2] - taken[1], 0.0) / (MANY_TASKS - FEW_TASKS)


def _tail(tasks: pa.Table, workers: int) -> float:
    """Return how long cores had nothing of a wave to do while its last task ran."""
    ends = [
        row["started"].timestamp() + row["seconds"] for row in tasks.select(["started", "seconds"]).to_pylist()
    ]
    return sum(max(ends) - end for end in ends) + (workers - len(ends)) * statistics.mean(
        tasks["seconds"].to_pylist()
    )


def _told(spark, what: str):
    """Ask Spark's own page about this application."""
    facts = application(spark)
    for _ in range(ASKED_TIMES):
        # Its first answer may take longer than one waits for an answer.
        with contextlib.suppress(TimeoutError):
            return read_json(f"{facts.links['application']}/api/v1/applications/{facts.application}/{what}")
    raise RuntimeError("Spark's page does not answer.")


def _sum(tasks: list[dict], metric: str) -> float:
    return sum(task.get("taskMetrics", {}).get(metric, 0) for task in tasks) / 1000


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has taken."""
    times = process.cpu_times()
    return times.user + times.system


def main() -> None:
    """Measure, extend, and write ``scale.md`` and its chart."""
    from benchmarks.scalepage import write_scale_page  # noqa: PLC0415 - matplotlib

    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, once: to see that it works")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    starts, runs, task_seconds = measure(quick=chosen.quick)
    write_scale_page(starts, runs, task_seconds, load, chosen.out)
    print(f"Wrote {chosen.out / 'scale.md'}.")


if __name__ == "__main__":
    main()
