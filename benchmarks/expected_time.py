"""The time that *Explain* expects of a run, beside what runs take: ``python -m benchmarks.expected_time``.

Each run is the whole command on two cores, in a process of its own, as a person would start it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.million import write_csv
from benchmarks.prepared import check_prepared
from sparklime_core.jobs.expected_time import expected_seconds

CORES = 2
PHASES = ("preparing", "broadcasting", "explaining", "writing")
"""What the page expects: Spark is connected and the model is trained by then."""


@dataclass(frozen=True)
class Case:
    """A run on the table of `benchmarks.million`.

    Attributes
    ----------
    rows
        Of the table.
    engine
        The engine.
    pools, stability_rows
        From how many pools stability is measured, and on how many rows; None: on all of them.
    depth
        Of the forest's 100 trees; None: any.
    """

    rows: int
    engine: str = "sampled"
    pools: int = 0
    stability_rows: int | None = None
    depth: int | None = None

    def options(self) -> list[str]:
        """Return the command's options for it."""
        found = ["--engine", self.engine, "--trees", "100"]
        found += ["--max-depth", str(self.depth)] if self.depth else []
        found += ["--stability", str(self.pools)] if self.pools else []
        return found + (["--stability-rows", str(self.stability_rows)] if self.stability_rows else [])

    def expected(self) -> float:
        """Return how many seconds the page expects."""
        return expected_seconds(self.engine, self.rows, CORES, self.pools, self.stability_rows)


CASES = (
    Case(200),
    Case(200, "exact"),
    Case(200, "reference"),
    Case(20_000),
    Case(20_000, pools=5),
    Case(20_000, "exact", depth=8),
    Case(100_000),
    Case(100_000, pools=5, stability_rows=20_000),
)


def seconds_taken(case: Case, folder: Path) -> float:
    """Explain a table as a case says; return how many seconds the phases took that the page expects."""
    data, out = folder / f"{case.rows}.csv", folder / f"run-{CASES.index(case)}"
    if not data.exists():
        write_csv(data, case.rows)
    words = ["explain", str(data), "--target", "y", "--out", str(out), "--master", f"local[{CORES}]"]
    subprocess.run(
        [sys.executable, "-m", "sparklime_core", *words, *case.options()],
        check=True,
        env={**os.environ, "SPARKLIME_HOME": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    phases = json.loads((out / "run.json").read_text())["phases"]
    return sum(phases.get(name, 0.0) for name in PHASES)


def main() -> None:
    """Measure every case, and print a table in Markdown."""
    argparse.ArgumentParser(prog="python -m benchmarks.expected_time", description=__doc__).parse_args()
    check_prepared()
    load = os.getloadavg()[0]
    print("| rows | engine | stability | depth | expected, s | taken, s |\n|---:|---|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            taken = seconds_taken(case, Path(folder))
            measured = f"{case.pools} pools, {case.stability_rows or case.rows:,} rows" if case.pools else "none"
            print(
                f"| {case.rows:,} | {case.engine} | {measured} | {case.depth or 'any'} | {case.expected():.0f} | "
                f"{taken:.1f} |",
                flush=True,
            )
    print(f"\nLoad average before: {load:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
