"""Peak memory of one contestant, in a process of its own: ``python -m benchmarks.memory CONTESTANT``."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.contestants import ALL
from benchmarks.problems import BREAST_CANCER


def peak_megabytes(contestant: str) -> float | None:
    """Return what the contestant adds to the process's memory at its peak; None where the system does not tell."""
    if not Path("/proc/self/clear_refs").exists():
        return None
    command = [sys.executable, "-m", "benchmarks.memory", contestant]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return float(done.stdout.split()[-1])


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def _measure(contestant: str) -> float:
    chosen = ALL[contestant]
    problem = BREAST_CANCER
    problem.explainer.explain_instance(problem.rows(1)[0], problem.model.predict_proba, num_samples=50)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak, man 5 proc
    chosen.prepare(problem)(problem.rows(chosen.rows))
    return _status("VmHWM") - before


if __name__ == "__main__":
    print(f"{_measure(sys.argv[1]):.1f}")
