"""How the job on Spark scales: ``python -m benchmarks.scale [--quick] [--out docs]``.

Real standalone clusters of 1, 2 and 4 one-core workers explain the same rows, by the fast engine and by lime
itself. What is measured there, `benchmarks.scaling` extends to more cores than this machine has.
"""

import argparse
import contextlib
import os
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 - after the number of threads
import psutil  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
from lime.lime_tabular import LimeTabularExplainer  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

from benchmarks.million import FEATURES, random_rows  # noqa: E402
from benchmarks.scaleruns import DEPTH, LAYOUTS, TRAINING_ROWS, TREES, Run, Start  # noqa: E402
from sparklime_core.explain.prepare_task import prepare_task  # noqa: E402
from sparklime_core.explain.settings import ExplainSettings  # noqa: E402
from sparklime_core.explain.task import ExplainTask  # noqa: E402
from sparklime_core.spark.cluster.local_cluster import LocalCluster  # noqa: E402
from sparklime_core.spark.session.connection import connect, current, disconnect  # noqa: E402
from sparklime_core.spark.session.master import read_json  # noqa: E402
from sparklime_core.spark.session.monitor import application  # noqa: E402
from sparklime_core.spark.waves.scheduler import Wave, run_waves  # noqa: E402

ROWS = {"sampled": 120_000, "reference": 512}
QUICK_ROWS = {"sampled": 20_000, "reference": 64}
REPEATS = 3
ASKED_TIMES = 20
FEW_TASKS, MANY_TASKS = 2, 202
SETTLE_SECONDS = 1.0
"""How long Spark's page may need to hear of a task's end."""


def measure(*, quick: bool) -> tuple[list[Start], list[Run], float]:
    """Start each layout, and explain on it; return also the JVM's seconds to start a task."""
    counts, repeats = (QUICK_ROWS, 1) if quick else (ROWS, REPEATS)
    rows, tasks = _problem(max(counts.values()))
    starts, runs, task_seconds = [], [], []
    for workers in LAYOUTS:
        print(f"{time.strftime('%H:%M:%S')} {workers} one-core workers ...", flush=True)
        began = time.perf_counter()
        with LocalCluster.start(workers=workers, cores=1, memory="1g") as cluster:
            started = time.perf_counter()
            spark = connect(cluster.url)
            connected = time.perf_counter()
            _explain(spark, tasks["sampled"], rows[: 256 * workers])
            warm = time.perf_counter()
            starts.append(Start(workers, started - began, connected - started, warm - connected))
            for engine, task in tasks.items():
                _explain(spark, task, rows[: counts[engine] // 8])
                found = [_measured(spark, task, rows[: counts[engine]], workers) for _ in range(repeats)]
                runs.append(sorted(found, key=lambda run: run.wall)[len(found) // 2])
            task_seconds.append(_task_seconds(spark))
            disconnect()
    return starts, runs, statistics.median(task_seconds)


def _problem(count: int) -> tuple[np.ndarray, dict[str, ExplainTask]]:
    """Return rows to explain, and a task for each engine."""
    table = random_rows(np.random.RandomState(0), max(count, TRAINING_ROWS))
    features = np.column_stack([table[f"x{at:02d}"].to_numpy() for at in range(FEATURES)])
    learnt = slice(0, TRAINING_ROWS)
    forest = RandomForestClassifier(TREES, max_depth=DEPTH, random_state=0, n_jobs=1)
    forest.fit(features[learnt], table["y"].to_numpy(zero_copy_only=False)[learnt])
    explainer = LimeTabularExplainer(features[learnt], random_state=0)
    tasks = {engine: prepare_task(explainer, forest.predict_proba, ExplainSettings(engine)) for engine in ROWS}
    return np.ascontiguousarray(features), tasks


def _explain(spark, task: ExplainTask, rows: np.ndarray) -> list[Wave]:
    """Explain rows, and do with each wave what a run does: put lime's texts in place."""
    waves: list[Wave] = []

    def keep(wave: Wave) -> None:
        task.vocabulary.decode(wave.explanations)
        waves.append(wave)

    run_waves(spark, task, rows, np.arange(len(rows)), on_wave=keep, cancel=threading.Event())
    return waves


def _measured(spark, task: ExplainTask, rows: np.ndarray, workers: int) -> Run:
    connection = current()
    java = psutil.Process(connection.gateway.process.pid)
    before = {stage["stageId"] for stage in _told(spark, "stages")}
    processor, java_processor = time.process_time(), _processor(java)
    began = time.perf_counter()
    waves = _explain(spark, task, rows)
    wall = time.perf_counter() - began
    driver = time.process_time() - processor, _processor(java) - java_processor
    time.sleep(SETTLE_SECONDS)
    spark_tasks = [
        told
        for stage in _told(spark, "stages")
        if stage["stageId"] not in before
        for told in _told(spark, f"stages/{stage['stageId']}/{stage['attemptId']}/taskList?length=100000")
    ]
    work, tasks = (pa.concat_tables([getattr(wave, name) for wave in waves]) for name in ("work", "tasks"))
    by_executor: Counter[str] = Counter()
    for row in tasks.select(["executor", "rows"]).to_pylist():
        by_executor[row["executor"]] += row["rows"]
    seconds = work["seconds"].to_numpy()
    return Run(
        engine=task.settings.engine,
        workers=workers,
        rows=len(rows),
        wall=wall,
        engine_busy=float(seconds.sum()),
        python_busy=pc.sum(tasks["seconds"]).as_py(),
        task_busy=_sum(spark_tasks, "executorRunTime"),
        starting=_sum(spark_tasks, "executorDeserializeTime"),
        returning=_sum(spark_tasks, "resultSerializationTime"),
        tail=sum(_tail(wave.tasks, workers) for wave in waves),
        driver_python=driver[0],
        driver_java=driver[1],
        waves=len(waves),
        tasks=len(spark_tasks),
        spread=float(seconds.std() / seconds.mean()),
        by_executor=dict(by_executor),
        payload=_payload_bytes(task),
    )


def _task_seconds(spark) -> float:
    """Return the seconds of the driver's JVM for one more task of a job: the job of many less that of a few."""
    java = psutil.Process(current().gateway.process.pid)
    taken = []
    for tasks in (FEW_TASKS, FEW_TASKS, MANY_TASKS):
        before = _processor(java)
        spark.range(0, tasks, 1, tasks).mapInArrow(lambda batches: batches, "id long").toArrow()
        time.sleep(SETTLE_SECONDS)
        taken.append(_processor(java) - before)
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


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _payload_bytes(task: ExplainTask) -> int:
    import dill  # noqa: PLC0415 - only to count

    return len(dill.dumps(task, recurse=True))


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
