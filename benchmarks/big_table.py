"""``explain-table`` on a table of Spark's: ``python -m benchmarks.big_table [--quick] [--out docs]``.

Real standalone clusters read Parquet, explain it and write Parquet; the driver starts tasks and sees no row. Two
small clusters compute, and one of many cores waits in its executors, as in `benchmarks.many_cores`. The page ends
with what that says of a billion rows.
"""

import argparse
import math
import os
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import psutil  # noqa: E402 - after the number of threads
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from benchmarks.many_cores import ROW_SECONDS, WaitingTask  # noqa: E402
from benchmarks.million import FEATURES  # noqa: E402
from benchmarks.pages import machine, table  # noqa: E402
from benchmarks.scale import Problem, processor_seconds, seconds_a_task  # noqa: E402
from sparklime_core.data.feature_encoding import BatchEncoder  # noqa: E402
from sparklime_core.data.read_options import ReadOptions  # noqa: E402
from sparklime_core.explain.task import ExplainTask  # noqa: E402
from sparklime_core.spark.cluster.local_cluster import LocalCluster  # noqa: E402
from sparklime_core.spark.explain_table import explain_table, open_source, write_explanations  # noqa: E402
from sparklime_core.spark.session.connect import connect, current, disconnect  # noqa: E402
from sparklime_core.spark.table_sink import Sink  # noqa: E402

ID = "id"
ROWS, QUICK_ROWS = 480_000, 40_000
WAITING_SECONDS, QUICK_WAITING_SECONDS = 20, 4
FILES = 64
"""Of the table: a task reads a file, or a part of one."""

SPLIT_BYTES = 128 * 2**20
"""What Spark gives a task of a large table to read (``spark.sql.files.maxPartitionBytes``)."""

BILLION, CLUSTER_CORES = 10**9, 64

PAGE = """# A table of a billion rows

Written by `python -m benchmarks.big_table`; do not edit. {machine}; the load was {load:.1f} before.

`sparklime explain-table` reads a table with Spark, explains it on the executors with the engine `sampled`, and
lets them write. Here the table is Parquet of {features} columns in {files} files, the model has 50 trees of depth
8, and a line is one standalone cluster on this machine of {cores} cores, whose executors have started. On the
clusters that *compute*, all is real. On the one that *waits*, executors wait {wait:.2g} ms for each row and hand
over a result that was made before, since this machine has not so many cores; reading, encoding, decoding and
writing are real, and take processor time of this machine for all of them. The efficiency is against one core that
computes, or against a wait alone. The driver's figures are processor seconds.

"""

BILLION_TEXT = """
## A billion rows

A row takes {row:.1f} µs of a core on the cluster of one core, with reading and writing. The table would have
{gigabytes:.0f} GB, so Spark cuts it into {tasks:,} tasks of 128 MB; {cores} cores take them in {turns} turns of
{turn:.0f} s. The JVM of the driver takes {task:.1f} ms for a task, {driver:.0f} s in all, beside them.
**So {cores} cores like this one take {minutes:.0f} minutes.** It is a calculation, not a measurement: it assumes
a storage that serves {bandwidth:.0f} MB a second to all of them, and no failures.
"""


@dataclass(frozen=True)
class Layout:
    """A cluster, and whether its executors wait in place of computing."""

    workers: int
    cores: int
    waits: bool

    @property
    def all_cores(self) -> int:
        """Return the cores of all workers."""
        return self.workers * self.cores


LAYOUTS = (Layout(1, 1, waits=False), Layout(2, 1, waits=False), Layout(8, 8, waits=True))
QUICK_LAYOUTS = (Layout(1, 1, waits=False), Layout(1, 4, waits=True))


@dataclass(frozen=True)
class Explained:
    """One table that was explained: seconds of wall time, and of the driver's processor."""

    layout: Layout
    rows: int
    wall: float
    driver_python: float
    driver_java: float


def measure(*, quick: bool) -> tuple[list[Explained], float, float]:
    """Let each cluster explain a table; return also the JVM's seconds for a task, and the table's bytes a row."""
    runs, task_seconds, bytes_a_row = [], 0.0, 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layouts = QUICK_LAYOUTS if quick else LAYOUTS
        problem = Problem.of(max(_rows(layout, quick=quick) for layout in layouts), folder)
        task = problem.tasks["sampled"]
        waiting = WaitingTask.instead_of(task, problem.plan.dataset.features)
        for layout in layouts:
            print(f"{time.strftime('%H:%M:%S')} {layout.workers} workers of {layout.cores} cores ...", flush=True)
            rows = _rows(layout, quick=quick)
            source = folder / "table"
            bytes_a_row = _write_table(problem, rows, source) / rows
            with LocalCluster.start(workers=layout.workers, cores=layout.cores, memory="1g") as cluster:
                connect(cluster.url)
                used = waiting if layout.waits else task
                _explain(problem, used, source, folder / "first", layout)
                runs.append(_explain(problem, used, source, folder / "out", layout, rows))
                task_seconds = task_seconds or seconds_a_task(current().spark)
                disconnect()
            shutil.rmtree(source)
    return runs, task_seconds, bytes_a_row


def _rows(layout: Layout, *, quick: bool) -> int:
    if layout.waits:
        seconds = QUICK_WAITING_SECONDS if quick else WAITING_SECONDS
        return round(layout.all_cores * seconds / ROW_SECONDS)
    return QUICK_ROWS if quick else ROWS


def _write_table(problem: Problem, rows: int, folder: Path) -> int:
    """Write the first rows as Parquet; return the bytes of all files."""
    dataset = problem.plan.dataset
    columns = dict(zip(dataset.encoding.columns(), dataset.features[:rows].T, strict=True))
    whole = pa.table({ID: pa.array(range(rows)), **columns})
    folder.mkdir()
    size = math.ceil(rows / FILES)
    for number in range(FILES):
        pq.write_table(whole.slice(number * size, size), folder / f"{number:03d}.parquet")
    return sum(file.stat().st_size for file in folder.iterdir())


def _explain(
    problem: Problem, task: ExplainTask, source: Path, out: Path, layout: Layout, rows: int = 0
) -> Explained:
    """Explain a table as the command does."""
    connection = current()
    java = psutil.Process(connection.gateway.process.pid)
    processor, java_processor, began = time.process_time(), processor_seconds(java), time.perf_counter()
    rows_of_spark = open_source(connection.spark, str(source))
    encoder = BatchEncoder.of(problem.plan.dataset.encoding, rows_of_spark.columns, ReadOptions())
    explained = explain_table(rows_of_spark, task, encoder, ID)
    written = write_explanations(explained, Sink(str(out), False, "parquet", "error", {}), threading.Event())
    wall = time.perf_counter() - began
    if rows and (written.explanations, written.failed) != (rows, 0):
        raise RuntimeError(f"{written} of {rows} rows")
    shutil.rmtree(out)
    python, jvm = time.process_time() - processor, processor_seconds(java) - java_processor
    return Explained(layout, rows, wall, python, jvm)


def page(runs: list[Explained], task_seconds: float, bytes_a_row: float, load: float) -> str:
    """Return the page: each run, and a billion rows."""
    one = runs[0]
    row = one.wall / one.rows
    lines = []
    for run in runs:
        least = run.rows * (ROW_SECONDS if run.layout.waits else row) / run.layout.all_cores
        lines.append(
            [
                "waits" if run.layout.waits else "computes", f"{run.layout.all_cores}", f"{run.rows:,}",
                f"{run.wall:.1f}", f"{run.rows / run.wall:,.0f}", f"{least / run.wall:.0%}",
                f"{run.driver_python:.1f}", f"{run.driver_java:.1f}",
            ]
        )  # fmt: skip
    header = ["the cluster", "cores", "rows", "seconds", "rows a second", "efficiency"]
    header += ["driver's Python, s", "its JVM, s"]
    introduction = PAGE.format(
        machine=machine("numpy", "pyarrow", "pyspark"),
        load=load,
        features=FEATURES,
        files=FILES,
        cores=os.cpu_count(),
        wait=1e3 * ROW_SECONDS,
    )
    tasks = math.ceil(BILLION * bytes_a_row / SPLIT_BYTES)
    turns = math.ceil(tasks / CLUSTER_CORES)
    turn = BILLION / tasks * row
    seconds = max(turns * turn, tasks * task_seconds)
    return (
        introduction
        + table(header, lines)
        + BILLION_TEXT.format(
            row=1e6 * row,
            gigabytes=BILLION * bytes_a_row / 1e9,
            tasks=tasks,
            cores=CLUSTER_CORES,
            turns=turns,
            turn=turn,
            task=1e3 * task_seconds,
            driver=tasks * task_seconds,
            minutes=seconds / 60,
            bandwidth=BILLION * bytes_a_row / seconds / 1e6,
        )
    )


def main() -> None:
    """Measure, and write ``big_table.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_table", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and cores: to see that it works")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    runs, task_seconds, bytes_a_row = measure(quick=chosen.quick)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "big_table.md").write_text(page(runs, task_seconds, bytes_a_row, load))
    print(f"Wrote {chosen.out / 'big_table.md'}.")


if __name__ == "__main__":
    main()
