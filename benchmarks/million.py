"""The whole command on a large table, with the time and the memory it takes: ``python -m benchmarks.million``.

It writes a CSV of numbers, runs ``sparklime explain`` on it as a person would, and looks at the process, its JVM
and its Python workers every half second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.prepared import check_prepared
from sparklime_core import ModelSettings, read_csv, train_with
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.run import Run

FEATURES = 14
CHUNK = 100_000
EVERY = 0.5
"""Seconds between two looks at the memory."""

KINDS = ("driver", "jvm", "workers")


@dataclass(frozen=True)
class Look:
    """A moment: megabytes of resident memory, processor seconds so far, and the waves that are not joined yet."""

    seconds: float
    memory: dict[str, float]
    processor: dict[str, float]
    waves: int


@dataclass
class Measured:
    """What one command took.

    Attributes
    ----------
    rows, seconds
        Rows explained; wall time of the whole command.
    phases
        Wall time by phase, as the run wrote it down; ``starting`` is what is left: imports and Spark's end.
    waves
        How many waves there were.
    busy
        Seconds that the tasks took, all together.
    rows_per_second
        Of explaining alone.
    peak
        Megabytes by kind of process.
    processor
        Seconds of processor time by phase and kind of process.
    explaining
        Seconds that blocks took in the executors, all together.
    load
        The machine's load average before and after: above the number of cores, others slowed the command.
    looks
        Memory over time.
    output_bytes
        Of ``explanations.parquet``.
    """

    rows: int
    seconds: float
    phases: dict[str, float]
    waves: int
    busy: float
    rows_per_second: float
    peak: dict[str, float]
    processor: dict[str, dict[str, float]]
    explaining: float
    load: tuple[float, float]
    output_bytes: int
    looks: list[Look] = field(default_factory=list, repr=False)


def write_csv(path: Path, rows: int, seed: int = 0) -> None:
    """Write a table of `FEATURES` numbers and two classes, a hundred thousand rows at a time."""
    state = np.random.RandomState(seed)
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK):
            table = random_rows(state, min(CHUNK, rows - start))
            pa.csv.write_csv(table, file, pa.csv.WriteOptions(include_header=start == 0))


def random_rows(state: np.random.RandomState, count: int) -> pa.Table:
    """Return rows whose class depends on some of the numbers, on two of them together, and on chance."""
    values = state.normal(size=(count, FEATURES)).round(4)
    values[:, 1::3] = np.exp(values[:, 1::3]).round(3)
    values[:, 2::3] = (10 * values[:, 2::3]).round(1)
    score = values[:, 0] + values[:, 3] * (values[:, 6] > 0) - np.log(values[:, 1]) + values[:, 2] / 20
    classes = np.where(score + state.logistic(size=count) / 2 > 0, "yes", "no")
    columns = {f"x{at:02d}": values[:, at] for at in range(FEATURES)}
    return pa.table({**columns, "y": classes})


def make_run(folder: Path, rows: int, *, num_samples: int = 5000, trees: int = 50) -> tuple[Run, Inputs]:
    """Make a run of such a table in a folder, all but its explanations, which `explain_run` adds."""
    plan = make_plan(rows, num_samples=num_samples, trees=trees)
    inputs = plan.inputs()
    return Run.create(folder, plan.manifest("local[2]"), inputs), inputs


def make_plan(rows: int, *, num_samples: int = 5000, trees: int = 50) -> RunPlan:
    """Make such a table, and train a model on it."""
    state = np.random.RandomState(0)
    table = pa.concat_tables(random_rows(state, min(CHUNK, rows - start)) for start in range(0, rows, CHUNK))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    dataset = read_csv(sink.getvalue().to_pybytes(), "y", name="million")
    model = train_with(dataset, ModelSettings(n_estimators=trees, max_depth=8))
    return RunPlan(dataset, model, ExplainSettings(num_samples=num_samples))


def explain_million(data: Path, out: Path, extra: list[str], home: Path) -> Measured:
    """Run the command on a CSV of `write_csv`, and measure it."""
    command = [sys.executable, "-m", "sparklime_core", "explain", str(data), "--target", "y", "--out", str(out)]
    began, load = time.monotonic(), os.getloadavg()[0]
    process = subprocess.Popen(
        [*command, *extra],
        cwd=home,
        env={**os.environ, "SPARKLIME_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    looks = []
    while process.poll() is None:
        looks.append(_look(process.pid, time.monotonic() - began, out))
        time.sleep(EVERY)
    seconds = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"The command ended with {process.returncode}.")
    return _measured(out, seconds, looks, load)


def _measured(out: Path, seconds: float, looks: list[Look], load: float) -> Measured:
    manifest = json.loads((out / "run.json").read_text())
    tasks = pq.read_table(out / "tasks.parquet")
    phases = dict(manifest["phases"])
    phases["starting"] = seconds - sum(phases.values())
    return Measured(
        rows=manifest["rows_explained"],
        seconds=seconds,
        phases=phases,
        waves=len(pc.unique(tasks["wave"])),
        busy=pc.sum(tasks["seconds"]).as_py(),
        rows_per_second=manifest["rows_explained"] / phases["explaining"],
        peak={kind: max(look.memory[kind] for look in looks) for kind in KINDS},
        processor=_by_phase(manifest["phases"], looks),
        explaining=pc.sum(pq.read_table(out / "blocks.parquet")["seconds"]).as_py(),
        load=(load, os.getloadavg()[0]),
        output_bytes=(out / "explanations.parquet").stat().st_size,
        looks=looks,
    )


def _by_phase(phases: dict[str, float], looks: list[Look]) -> dict[str, dict[str, float]]:
    """Return the processor seconds of each phase, to the nearest look; a process that has ended took none."""
    found, began = {}, 0.0
    for phase, seconds in phases.items():
        within = [look for look in looks if began - EVERY <= look.seconds <= began + seconds]
        found[phase] = {kind: max(within[-1].processor[kind] - within[0].processor[kind], 0.0) for kind in KINDS}
        began += seconds
    return found


def _look(pid: int, seconds: float, out: Path) -> Look:
    memory, processor = dict.fromkeys(KINDS, 0.0), dict.fromkeys(KINDS, 0.0)
    try:
        driver = psutil.Process(pid)
        for process in (driver, *driver.children(recursive=True)):
            kind = "driver" if process == driver else "jvm" if "java" in process.name() else "workers"
            times = process.cpu_times()
            memory[kind] += process.memory_info().rss / 2**20
            processor[kind] += times.user + times.system
    except psutil.NoSuchProcess:
        pass
    joined = (out / "explanations.parquet").exists()
    return Look(seconds, memory, processor, 0 if joined else len(list((out / "parts").glob("wave-*.parquet"))))


def report(measured: Measured) -> str:
    """Return what was measured as Markdown, for ``docs/million.md``."""
    took = measured.processor
    phases = "".join(
        f"| {name} | {seconds:.1f} |"
        + "".join(f" {took[name][kind]:.1f} |" if name in took else " |" for kind in KINDS)
        + "\n"
        for name, seconds in measured.phases.items()
    )
    peaks = ", ".join(f"{kind} {measured.peak[kind]:,.0f} MB" for kind in KINDS)
    looks = [look for look in measured.looks if look.waves]
    chosen = [looks[at] for at in np.linspace(0, len(looks) - 1, 8).astype(int)]
    series = "".join(
        f"| {look.seconds:.0f} | {look.waves} | {look.memory['driver']:,.0f} | {look.memory['jvm']:,.0f} | "
        f"{look.memory['workers']:,.0f} |\n"
        for look in chosen
    )
    explaining = took["explaining"]
    own = 1 - explaining["workers"] / sum(explaining.values())
    share = measured.explaining / 2 / measured.phases["explaining"]
    return (
        f"{measured.rows:,} rows in {measured.seconds:.0f} s; {measured.rows_per_second:,.0f} rows a second while "
        f"explaining, in {measured.waves} waves; {measured.output_bytes / 1e6:.0f} MB of explanations. Load "
        f"average {measured.load[0]:.1f} before, {measured.load[1]:.1f} after.\n\n"
        f"| phase | s | driver | JVM | Python workers |\n| --- | ---: | ---: | ---: | ---: |\n{phases}\n"
        "The last three columns are processor seconds. Of those while explaining, "
        f"{own:.0%} were the driver's and the JVM's; blocks took {measured.explaining:.1f} s in the executors, "
        f"{share:.0%} of what two cores had. Peak memory: {peaks}.\n\n"
        f"| after s | waves on disk | driver MB | JVM MB | Python workers MB |\n"
        f"| ---: | ---: | ---: | ---: | ---: |\n{series}"
    )


def main() -> None:
    """Measure the command, and print what it took, as Markdown or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="where to keep CSV and run; a temporary folder otherwise")
    parser.add_argument("--json", action="store_true", help="every figure, for programs")
    chosen, extra = parser.parse_known_args()
    check_prepared()
    extra = extra or ["--master", "local[2]", "--engine", "exact", "--trees", "50", "--max-depth", "8"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / f"{chosen.rows}.csv"
        if not data.exists():
            write_csv(data, chosen.rows)
        measured = explain_million(data, folder / "run", extra, folder)
        print(json.dumps(asdict(measured)) if chosen.json else report(measured))


if __name__ == "__main__":
    main()
