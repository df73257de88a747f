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

FEATURES = 14
CHUNK = 100_000
EVERY = 0.5
"""Seconds between two looks at the memory."""

KINDS = ("driver", "jvm", "workers")


@dataclass(frozen=True)
class Look:
    """Megabytes of resident memory at a moment, and how many waves were on disk."""

    seconds: float
    driver: float
    jvm: float
    workers: float
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


def explain_million(data: Path, out: Path, extra: list[str], home: Path) -> Measured:
    """Run the command on a CSV of `write_csv`, and measure it."""
    command = [sys.executable, "-m", "sparklime_core", "explain", str(data), "--target", "y", "--out", str(out)]
    began = time.monotonic()
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
    return _measured(out, seconds, looks)


def _measured(out: Path, seconds: float, looks: list[Look]) -> Measured:
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
        peak={kind: max(getattr(look, kind) for look in looks) for kind in KINDS},
        output_bytes=(out / "explanations.parquet").stat().st_size,
        looks=looks,
    )


def _look(pid: int, seconds: float, out: Path) -> Look:
    memory = dict.fromkeys(KINDS, 0.0)
    try:
        driver = psutil.Process(pid)
        memory["driver"] = driver.memory_info().rss / 2**20
        for child in driver.children(recursive=True):
            kind = "jvm" if "java" in child.name() else "workers"
            memory[kind] += child.memory_info().rss / 2**20
    except psutil.NoSuchProcess:
        pass
    return Look(seconds, **memory, waves=len(list((out / "parts").glob("wave-*.parquet"))))


def main() -> None:
    """Measure the command, and print what it took as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="where to keep CSV and run; a temporary folder otherwise")
    chosen, extra = parser.parse_known_args()
    extra = extra or ["--master", "local[2]", "--engine", "sampled", "--trees", "50", "--max-depth", "8"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / f"{chosen.rows}.csv"
        if not data.exists():
            write_csv(data, chosen.rows)
        measured = explain_million(data, folder / "run", extra, folder)
        print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
