"""Wide tables and tables of many classes, with the whole command: ``python -m benchmarks.wide [--only NAME]``.

Each run is ``sparklime explain`` on two cores, in a process of its own; its phases are those of ``run.json``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv

CORES = 2
PHASES = ("reading", "connecting", "training", "storing", "preparing", "broadcasting", "explaining", "writing")
INFORMATIVE = 5
"""The class follows from so many columns; the others are noise."""


@dataclass(frozen=True)
class Case:
    """A table, and how it is explained.

    Attributes
    ----------
    rows, columns, classes
        Of the table.
    explained
        How many of its rows are explained.
    engine
        The engine.
    labels
        Of which classes: ``"predicted"`` or ``"all"``.
    """

    rows: int
    columns: int
    classes: int
    explained: int
    engine: str
    labels: str = "predicted"

    @property
    def name(self) -> str:
        """The case in one word."""
        return f"{self.columns}x{self.classes}-{self.engine}-{self.labels}"


CASES = (
    Case(2_000, 500, 2, 200, "sampled"),
    Case(2_000, 500, 2, 200, "exact"),
    Case(500, 5_000, 2, 4, "sampled"),
    Case(500, 5_000, 2, 4, "exact"),
    Case(10_000, 20, 100, 1_000, "sampled"),
    Case(10_000, 20, 100, 1_000, "exact"),
    Case(10_000, 20, 100, 1_000, "sampled", "all"),
    Case(10_000, 20, 100, 1_000, "exact", "all"),
)


def write_csv(path: Path, rows: int, columns: int, classes: int) -> None:
    """Write a table of normal numbers with three decimals, and a class that follows from a few of them."""
    random = np.random.default_rng(0)
    values = np.round(random.normal(size=(rows, columns)), 3)
    score = values[:, :INFORMATIVE] @ np.arange(1, INFORMATIVE + 1) + random.normal(size=rows) / 2
    borders = np.quantile(score, np.arange(1, classes) / classes)
    labels = np.char.add("c", np.searchsorted(borders, score).astype(str))
    table = pa.table({**{f"x{at}": values[:, at] for at in range(columns)}, "y": labels})
    pyarrow.csv.write_csv(table, path)


def measure(case: Case, folder: Path) -> tuple[dict[str, float], float, float]:
    """Explain a table; return the seconds of each phase, those of the command, and peak megabytes."""
    data, out = folder / f"{case.rows}x{case.columns}x{case.classes}.csv", folder / case.name
    if not data.exists():
        write_csv(data, case.rows, case.columns, case.classes)
    words = ["explain", str(data), "--target", "y", "--out", str(out), "--master", f"local[{CORES}]"]
    words += ["--rows", str(case.explained), "--engine", case.engine, "--labels", case.labels]
    began = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "-m", "sparklime_core", *words],
        env={**os.environ, "SPARKLIME_HOME": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _megabytes(process))
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{case.name} has failed.")
    phases = json.loads((out / "run.json").read_text())["phases"]
    return phases, seconds, peak


def _megabytes(process: psutil.Popen) -> int:
    """Return the memory of a process and its children; what they share is counted once."""
    found = 0
    for one in (process, *process.children(recursive=True)):
        try:
            found += one.memory_full_info().pss // 1024**2
        except psutil.Error:
            continue
    return found


def main() -> None:
    """Measure every case, and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wide", description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="the cases whose name begins so, like 5000x2")
    only: str = parser.parse_args().only or ""
    load = os.getloadavg()[0]
    titles = ["columns", "classes", "labels", "engine", "rows explained", *PHASES, "command, s", "peak, MB"]
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if not case.name.startswith(only):
                continue
            phases, seconds, peak = measure(case, Path(folder))
            facts = [f"{case.columns:,}", str(case.classes), case.labels, case.engine, f"{case.explained:,}"]
            figures = [f"{phases.get(name, 0.0):.1f}" for name in PHASES]
            print(f"| {' | '.join([*facts, *figures, f'{seconds:.1f}', f'{peak:,}'])} |", flush=True)
    print(f"\nLoad average before: {load:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
