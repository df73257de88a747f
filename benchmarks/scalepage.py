"""Write what `benchmarks.scale` measured, and what `benchmarks.scaling` makes of it, as a page with a chart."""

import math
import os
from pathlib import Path

from benchmarks.pages import machine, table
from benchmarks.plots import draw_scale
from benchmarks.scaleruns import DEPTH, LAYOUTS, TREES, WAYS, Measured, Start
from benchmarks.scaling import EXECUTOR_CORES, FEATURES, MOST_CORES, NETWORK_BYTES, Driver, Model

CORES = (1, 2, 8, 64, 512)
RUN_ROWS = {
    ("sampled", "driver"): (100_000, 1_000_000, 100_000_000),
    ("sampled", "executors"): (100_000, 1_000_000, 100_000_000),
    ("reference", "driver"): (10_000, 1_000_000),
}
TITLES = {
    ("sampled", "driver"): "the fast engine (`sampled`)",
    ("sampled", "executors"): "the fast engine, where executors write (`--executors-write`)",
    ("reference", "driver"): "lime itself (`reference`)",
}
HALF = 0.5

INTRODUCTION = """# Scale

Written by `python -m benchmarks.scale`; do not edit. Real standalone clusters of {layouts} one-core workers on
one machine of {cores} cores explain the same rows ({features} features, {trees} trees of depth {depth}), the
middle of the repeats by wall time. {machine}. The load was {load:.1f} before; the driver and its JVM share the
{cores} cores with the executors. With 4 workers each has half a core's share at best: what 4 add to 2 is
overhead, and is shown as such.
"""

STARTING = """## What a start costs

Seconds: until master and workers run (a cluster that exists has that behind it), until the application has its
executors, and until a first small run has ended: Python workers start, import NumPy, scikit-learn and lime,
fetch the payload and load it. All of it happens on all executors at once, so it does not grow with them until
they share cores.
"""

RUNNING = """## {title}

{rows:,} rows, on workers that have started. The efficiency is the speed-up for each core there is.
"""

SHARES = """
Where the executors' time goes, in shares of workers times wall time. *Engine*: explaining. *Python*: rows and
results from bytes and to bytes. *Spark*: the task around Python, its start and its result. *Tail*: a core has no
task of a wave left while the last one of that wave runs; the next wave often fills it. *Waiting*: the rest, mostly
for the driver.
"""

MODEL = """## What more cores would give

A model, not a measurement: `benchmarks/scaling.py` states it in full. Waves are cut as the job cuts them; each
lasts as long as its largest share, longer by the spread of block times, and some time is lost between two.
Beside them, one driver packs every row, takes every result apart and writes it (in Python), passes them on, plans
every wave and starts every task (in its JVM), over one link; the slowest decides. At the end it joins the parts.
Where the executors write, the driver has nothing to do for a row, and nothing is joined: the executors have links
of their own to a disk that serves them all. The payload is handed on from executor to executor ({executor} cores
each) at {network:.0f} MB/s. It assumes executors as fast as those here, a driver with cores of its own, no
failures, and a network that is never full. All figures are fitted on the runs above; the driver's on all of them,
with the cost of a task from jobs of 2 and of 502 tasks that do nothing.
"""


def write_scale_page(
    starts: list[Start], runs: list[Measured], task_seconds: float, load: float, folder: Path
) -> None:
    """Write ``scale.md`` and ``img/scale.svg``."""
    held = {way: [run for run in runs if (run.engine, run.writers) == way] for way in WAYS}
    drivers = {
        "driver": Driver.fit([run for run in runs if run.writers == "driver"], task_seconds),
        "executors": Driver.fit_written([run for run in runs if run.writers == "executors"], task_seconds),
    }
    models = {way: Model.fit(found, starts, drivers[way[1]]) for way, found in held.items()}
    introduction = INTRODUCTION.format(
        layouts=", ".join(map(str, LAYOUTS[:-1])) + f" and {LAYOUTS[-1]}",
        cores=os.cpu_count(),
        features=FEATURES,
        trees=TREES,
        depth=DEPTH,
        machine=machine("numpy", "scikit-learn", "lime", "pyspark"),
        load=load,
    )
    parts = [introduction, "![Speed-up by cores](img/scale.svg)\n", _starting(starts)]
    parts += [_running(held[way]) for way in WAYS]
    parts.append(MODEL.format(executor=EXECUTOR_CORES, network=NETWORK_BYTES / 1e6))
    parts += [_fitted(models), _checked(models, held)]
    parts += [_extended(model) for model in models.values()]
    (folder / "img").mkdir(parents=True, exist_ok=True)
    (folder / "scale.md").write_text("\n".join(parts))
    draw_scale(held, models, RUN_ROWS, folder / "img" / "scale.svg")


def _starting(starts: list[Start]) -> str:
    rows = [
        [f"{start.workers}", *(f"{seconds:.1f}" for seconds in (start.cluster, start.session, start.first))]
        for start in starts
    ]
    return STARTING + "\n" + table(["workers", "cluster", "session", "first run"], rows)


def _running(runs: list[Measured]) -> str:
    one = runs[0]
    speeds, shares = [], []
    for run in runs:
        faster = one.wall / run.wall
        cores = min(run.workers, os.cpu_count() or 1)
        speeds.append(
            [
                f"{run.workers}", f"{run.wall:.1f}", f"{run.rows / run.wall:,.0f}", f"{faster:.2f}",
                f"{faster / cores:.0%}", f"{run.skew:.2f}", f"{run.waves}", f"{run.tasks}",
                f"{run.driver_python:.1f}", f"{run.driver_java:.1f}", f"{run.joining:.1f}",
            ]
        )  # fmt: skip
        shares.append([f"{run.workers}", *(f"{share:.1%}" for share in shares_of(run).values())])
    header = ["workers", "seconds", "rows a second", "speed-up", "efficiency", "skew", "waves", "tasks"]
    title = TITLES[one.engine, one.writers]
    return (
        RUNNING.format(title=title[0].upper() + title[1:], rows=one.rows)
        + "\n"
        + table([*header, "driver's Python, s", "its JVM, s", "joining, s"], speeds)
        + SHARES
        + "\n"
        + table(["workers", *shares_of(one)], shares)
    )


def shares_of(run: Measured) -> dict[str, float]:
    """Return where the time of the executors of a run went, as shares that sum to one."""
    whole = run.workers * run.wall
    seconds = {
        "engine": run.engine_busy,
        "Python": run.python_busy - run.engine_busy,
        "Spark": run.task_busy - run.python_busy + run.starting + run.returning,
        "tail": min(run.tail, whole - run.task_busy - run.starting - run.returning),
    }
    shares = {name: max(value, 0.0) / whole for name, value in seconds.items()}
    return {**shares, "waiting": max(1 - sum(shares.values()), 0.0)}


def _fitted(models: dict[tuple[str, str], Model]) -> str:
    rows = [
        [
            TITLES[way], f"{1e3 * model.row:.3g}", f"{model.spread:.2f}", f"{model.wave:.2f}",
            f"{model.payload / 1e6:.2f}", f"{model.start:.1f}",
        ]
        for way, model in models.items()
    ]  # fmt: skip
    header = ["", "a row, ms of a core", "spread of blocks", "lost a wave, s", "payload, MB", "start, s"]
    driver, written = models["sampled", "driver"].driver, models["sampled", "executors"].driver
    return table(header, rows) + (
        f"\nWhere the driver writes, its Python takes {1e6 * driver.row:.3g} µs a row and {1e3 * driver.wave:.0f} "
        f"ms a wave, its JVM {1e6 * driver.java_row:.3g} µs a row, {1e3 * driver.java_wave:.0f} ms a wave and "
        f"{1e3 * driver.java_task:.2g} ms a task, its link {1e6 * driver.link:.3g} µs a row, and joining the "
        f"parts {1e6 * driver.joining:.3g} µs a row. Where the executors write, Python takes "
        f"{1e3 * written.wave:.0f} ms a wave, the JVM {1e3 * written.java_wave:.0f} ms a wave and the same for a "
        "task, and a row costs neither anything.\n"
    )


def _checked(models: dict[tuple[str, str], Model], held: dict[tuple[str, str], list[Measured]]) -> str:
    rows = []
    for way, runs in held.items():
        for run in runs:
            if run.workers <= (os.cpu_count() or 1):
                measured, told = run.wall + run.joining, models[way].seconds(run.rows, run.workers)
                rows.append(
                    [
                        TITLES[way],
                        f"{run.workers}",
                        f"{measured:.1f}",
                        f"{told:.1f}",
                        f"{told / measured - 1:+.0%}",
                    ]
                )
    return "Against what was measured:\n\n" + table(["", "workers", "measured, s", "model, s", "off by"], rows)


def _extended(model: Model) -> str:
    rows = []
    way = (model.engine, model.writers)
    for count in RUN_ROWS[way]:
        for cores in CORES:
            faster = model.speedup(count, cores)
            rows.append(
                [
                    f"{count:,}",
                    f"{cores}",
                    _time(model.whole(count, cores)),
                    f"{faster:,.1f}",
                    f"{faster / cores:.0%}",
                ]
            )
    largest = RUN_ROWS[way][-1]
    return (
        f"### {TITLES[way][0].upper()}{TITLES[way][1:]}\n\n"
        + table(["rows", "cores", "start and run", "speed-up of the run", "efficiency"], rows)
        + f"\n{_stops(model, largest)}\n"
    )


def _stops(model: Model, rows: int) -> str:
    """Say in a sentence where the model stops to scale, and by what."""
    tried = [2**power for power in range(int(math.log2(MOST_CORES)) + 1)]
    half = next((cores for cores in tried if model.speedup(rows, cores) / cores < HALF), MOST_CORES)
    best = max(tried, key=lambda cores: model.speedup(rows, cores))
    beyond = model.parts(rows, 2 * best)
    return (
        f"At {rows:,} rows the efficiency falls below a half by {half:,} cores. The most is {best:,} cores, "
        f"{model.speedup(rows, best):,.0f} times as fast as one; of twice as many, "
        f"{max(beyond, key=beyond.get)} would be the slowest part."
    )


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
