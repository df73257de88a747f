"""Write the results as a page with tables."""

import math
import os
from pathlib import Path

from benchmarks.distributed import CORES, LAPS
from benchmarks.pages import machine, table
from benchmarks.problems import NUM_SAMPLES, Problem
from benchmarks.results import Results
from benchmarks.timing import LAP_SECONDS, Timing

INTRODUCTION = """# Benchmarks

Written by `make bench`; do not edit. One run, one core, one BLAS thread; the contestants take turns, and a figure
is the median of five laps, or of three where cost grows. A lap takes each of them about {lap} s. Its rows are new:
around the training rows, no two alike. Each explains the predicted class, with N = {samples}; SHAP's explain all
classes. Times are processor time; the recipe's, whose work is in Spark's processes, are wall time. Its preparing
is the start of Spark.

{machine}. The run took {minutes:.0f} minutes. The load of the machine's {cores} cores was {before:.1f} before and
{after:.1f} after it; a load above their number means that other work slowed all contestants, and wall time most.
"""


def write_page(results: Results, path: Path) -> None:
    """Write the page of the results."""
    introduction = INTRODUCTION.format(
        samples=NUM_SAMPLES,
        lap=LAP_SECONDS,
        machine=machine("numpy", "scikit-learn", "lime", "shap", "pyspark"),
        minutes=math.ceil(results.seconds / 60),
        cores=os.cpu_count(),
        before=results.load[0],
        after=results.load[1],
    )
    parts = [introduction, *(_race(problem, timings, results) for problem, timings in results.headline)]
    if results.headline:
        parts.insert(1, "![Milliseconds a row on breast cancer](img/benchmark.svg)\n")
    if results.growth:
        parts.append(_growth(results))
    if results.distributed:
        parts.append(_distributed(results))
    if results.convergence is not None:
        parts.append(_convergence(results))
    path.write_text("\n".join(parts))


def _describe(problem: Problem) -> str:
    return (
        f"{problem.features} features, {problem.trees} trees of depth up to {problem.depth} "
        f"({problem.splits:,} splits), {problem.classes} classes, top {problem.num_features}"
    )


def _race(problem: Problem, timings: dict[str, Timing], results: Results) -> str:
    memory = results.memory if problem is results.headline[0][0] else {}
    header = ["", "ms a row", "times lime's speed", "preparing, s", *(["peak memory, MB"] if memory else [])]
    rows = []
    for name, timing in timings.items():
        row = [name, _ms(timing), _ratio(timings, name), _seconds(timing.prepare_seconds)]
        held = memory.get(name)
        rows.append([*row, *(["" if held is None else f"{held:.0f}"] if memory else [])])
    title = problem.name[0].upper() + problem.name[1:]
    refusals = "".join(f"\n{timing.refusal}\n" for timing in timings.values() if timing.refusal)
    return f"## {title}\n\n{_describe(problem)}.\n\n{table(header, rows)}{refusals}"


def _growth(results: Results) -> str:
    parts = [
        "## How cost grows\n\nMilliseconds a row, and in brackets how many times lime's speed. One thing is "
        "varied at a time.\n\n![Milliseconds a row by features, trees and depth](img/growth.svg)\n"
    ]
    for varied, races in results.growth.items():
        names = list(races[0][1])
        rows = [
            [problem.name, f"{problem.splits:,}", *(_cell(timings, name) for name in names)]
            for problem, timings in races
        ]
        base = _describe(races[0][0]) if varied == "features" else ""
        parts.append(
            f"### By {varied}\n\n{base}\n\n{table([varied, 'splits', *names], rows)}".replace("\n\n\n\n", "\n\n")
        )
    return "\n".join(parts)


def _distributed(results: Results) -> str:
    rows = [
        [
            found.engine,
            f"{found.rows:,}",
            f"{found.alone:,.0f}",
            f"{found.at_once:,.0f} ({found.efficiency_of_processes:.0%})",
            f"{found.spread:,.0f} ({found.efficiency:.0%})",
        ]
        for found in results.distributed
    ]
    header = ["", "rows", "rows a second, one core", f"{CORES} processes at once", f"on local[{CORES}]"]
    return (
        "## Distributed\n\nRows around those of breast cancer, no two alike: the engine in this process, in "
        f"{CORES} processes at once without Spark, and the whole job on Spark, once its workers have started. The "
        f"first and the last take turns, and are medians of {LAPS} laps. In brackets the share of {CORES} times "
        f"one core.\n\n{table(header, rows)}"
    )


def _convergence(results: Results) -> str:
    found = results.convergence
    rows = [
        [f"{size:,}", f"{error:.5f}", f"{error / found.largest_weight:.1%}"]
        for size, error in zip(found.sizes, found.errors, strict=True)
    ]
    return (
        "## How far lime is from `exact`\n\n"
        "Root mean square error of all weights, breast cancer, against the size of lime's neighbourhood. It falls "
        f"with the power {found.slope:.3f} of it; sampling noise has -1/2.\n\n"
        "![Error of lime against the number of samples](img/convergence.svg)\n\n"
        + table(["samples", "error of a weight", "of the largest weight"], rows)
    )


def _ms(timing: Timing) -> str:
    if timing.refusal:
        return "refused"
    return f"{timing.row_ms:.3g}" if timing.row_ms < 100 else f"{timing.row_ms:,.0f}"


def _seconds(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{seconds:.2f}"


def _ratio(timings: dict[str, Timing], name: str) -> str:
    ratio = timings["lime"].row_ms / timings[name].row_ms
    if math.isnan(ratio):
        return ""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _cell(timings: dict[str, Timing], name: str) -> str:
    ratio = _ratio(timings, name)
    return _ms(timings[name]) + (f" ({ratio})" if ratio and name != "lime" else "")
