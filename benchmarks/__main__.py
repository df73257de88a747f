"""Run the benchmarks and write their page: ``python -m benchmarks [--quick] [--out docs]``."""

import argparse
import os
import time
from pathlib import Path

# Before numpy is loaded: one thread a contestant, whatever the machine has.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

from benchmarks.contestants import ALL, EXACT, LIME, RECIPE, SAMPLED, TREE_SHAP  # noqa: E402
from benchmarks.convergence import converge  # noqa: E402
from benchmarks.distributed import distribute  # noqa: E402
from benchmarks.memory import peak_megabytes  # noqa: E402
from benchmarks.plots import draw_all  # noqa: E402
from benchmarks.problems import BREAST_CANCER, DEEP, GROWTH  # noqa: E402
from benchmarks.report import write_page  # noqa: E402
from benchmarks.results import Results  # noqa: E402
from benchmarks.timing import LAP_SECONDS, race  # noqa: E402
from sparklime_core.spark.session.connect import disconnect  # noqa: E402

QUICK_LAP_SECONDS = 0.05

FAST = (LIME, SAMPLED, EXACT, TREE_SHAP)


def main() -> None:
    """Measure everything and write ``benchmarks.md`` and its images."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and repeats, and only the first race")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    chosen = parser.parse_args()
    results = measure(quick=chosen.quick)
    chosen.out.mkdir(parents=True, exist_ok=True)
    draw_all(results, chosen.out / "img")
    write_page(results, chosen.out / "benchmarks.md")
    print(f"Wrote {chosen.out / 'benchmarks.md'} after {results.seconds:.0f} s.")


def measure(*, quick: bool) -> Results:
    """Run the races, one after the other."""
    start, load = time.perf_counter(), os.getloadavg()[0]
    results = Results()
    repeats, lap_seconds = (3, QUICK_LAP_SECONDS) if quick else (5, LAP_SECONDS)
    for problem in (BREAST_CANCER,) if quick else (BREAST_CANCER, DEEP):
        _say(f"racing on {problem.name}")
        contestants = ALL.values() if problem is BREAST_CANCER else FAST
        results.headline.append((problem, race(problem, tuple(contestants), repeats, lap_seconds)))
    disconnect()  # the recipe's session
    for name in (name for name in ALL if name != RECIPE.name):
        _say(f"memory of {name}")
        results.memory[name] = peak_megabytes(name)
    if not quick:
        for varied, problems in GROWTH.items():
            _say(f"growth with {varied}")
            results.growth[varied] = [(problem, race(problem, FAST, 3, lap_seconds)) for problem in problems]
    _say("distributing")
    results.distributed = distribute(("sampled", "exact"), 5_000 if quick else 100_000)
    disconnect()
    _say("convergence of lime")
    results.convergence = converge(seeds=3 if quick else 10)
    results.seconds, results.load = time.perf_counter() - start, (load, os.getloadavg()[0])
    return results


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} ...", flush=True)


if __name__ == "__main__":
    main()
