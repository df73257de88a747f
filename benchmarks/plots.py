"""Draw the results."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

if TYPE_CHECKING:
    from benchmarks.results import Results  # with all contestants, which not every chart needs

mpl.use("Agg")
mpl.rcParams.update({"svg.hashsalt": "sparklime", "svg.fonttype": "none", "font.size": 10, "axes.axisbelow": True})

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of a backend that needs no screen

COLOURS = {
    "lime": "#6b7280",
    "the recipe's UDF": "#9ca3af",
    "sampled": "#e4572e",
    "exact": "#2f6db5",
    "SHAP TreeExplainer": "#76b041",
    "SHAP KernelExplainer": "#b8d49a",
}
SCALE_COLOURS = {"sampled": COLOURS["sampled"], "reference": COLOURS["exact"]}
GROWTH_AXES = {
    "features": ("features", lambda problem: problem.features),
    "trees": ("trees", lambda problem: problem.trees),
    "depth": ("splits (deeper trees)", lambda problem: problem.splits),
}


def draw_all(results: "Results", folder: Path) -> None:
    """Write every chart for which there are results."""
    folder.mkdir(parents=True, exist_ok=True)
    if results.headline:
        _save(_headline(results), folder / "benchmark.svg")
    if results.growth:
        _save(_growth(results), folder / "growth.svg")
    if results.convergence is not None:
        _save(_convergence(results), folder / "convergence.svg")


def _save(figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight", facecolor="white")
    plt.close(figure)


def _headline(results: "Results"):
    problem, timings = results.headline[0]
    held = {name: timing.row_ms for name, timing in timings.items() if not timing.refusal}
    names = sorted(held, key=held.get, reverse=True)
    figure, axes = plt.subplots(figsize=(7, 0.45 * len(names) + 0.8))
    # Points and not bars: on a logarithmic axis the length of a bar means nothing.
    axes.scatter([held[name] for name in names], names, s=70, color=[COLOURS[name] for name in names])
    axes.set_xscale("log")
    axes.set_xlim(min(held.values()) / 2, max(held.values()) * 5)
    axes.set_xlabel(f"milliseconds a row, one core ({problem.name}, {problem.trees} trees)")
    for at, name in enumerate(names):
        axes.annotate(f"   {held[name]:,.3g} ms", (held[name], at), va="center")
    _plain(axes)
    return figure


def _growth(results: "Results"):
    shown = [varied for varied in GROWTH_AXES if varied in results.growth]
    figure, panels = plt.subplots(1, len(shown), figsize=(3.4 * len(shown), 3.2), sharey=True, squeeze=False)
    for axes, varied in zip(panels[0], shown, strict=True):
        title, place = GROWTH_AXES[varied]
        races = results.growth[varied]
        for name in races[0][1]:
            points = [(place(problem), timings[name].row_ms) for problem, timings in races]
            axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[name], label=name, markersize=4)
        axes.set_xscale("log")
        axes.set_yscale("log")
        if varied != "depth":
            ticks = [place(problem) for problem, _ in races]
            axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel(title)
        _plain(axes)
    panels[0][0].set_ylabel("milliseconds a row")
    figure.legend(
        *panels[0][0].get_legend_handles_labels(), loc="lower center", ncols=4, bbox_to_anchor=(0.5, -0.1)
    )
    figure.tight_layout()
    return figure


def _convergence(results: "Results"):
    found = results.convergence
    sizes, errors = np.array(found.sizes), np.array(found.errors)
    figure, axes = plt.subplots(figsize=(5.5, 3.4))
    line = np.exp(np.mean(np.log(errors) + np.log(sizes) / 2)) / np.sqrt(sizes)
    axes.loglog(sizes, line, "--", color="#9ca3af", label="slope -1/2")
    axes.loglog(
        sizes, errors, "o", color=COLOURS["sampled"], label=f"lime against exact (slope {found.slope:.2f})"
    )
    axes.axvline(5000, color="#d1d5db", linewidth=1)
    axes.annotate(" lime's default", (5000, errors.max()), color="#6b7280", va="top")
    axes.set_xlabel("samples of a neighbourhood")
    axes.set_ylabel("error of a weight (RMS)")
    axes.legend(frameon=False)
    _plain(axes)
    return figure


def draw_scale(held, models, run_rows, path: Path) -> None:
    """Draw the speed-up by cores: points were measured, lines are the model's."""
    figure, panels = plt.subplots(1, len(models), figsize=(4.2 * len(models), 3.6), sharey=True, squeeze=False)
    cores = np.unique(np.logspace(0, 10, 41, base=2).round().astype(int))
    for axes, (way, model) in zip(panels[0], models.items(), strict=True):
        axes.loglog(cores, cores, ":", color="#9ca3af", label="ideal")
        for rows, style in zip(run_rows[way], ("--", "-", "-."), strict=False):
            speedups = [model.speedup(rows, int(count)) for count in cores]
            axes.loglog(cores, speedups, style, color=SCALE_COLOURS[way[0]], label=f"model, {rows:,} rows")
        one, *_ = runs = held[way]
        points = [(min(run.workers, os.cpu_count() or 1), one.wall / run.wall) for run in runs]
        axes.loglog(*zip(*points, strict=True), "o", color="black", markersize=5, label="measured")
        axes.set_title(f"{way[0]}, {'executors write' if way[1] == 'executors' else 'driver writes'}", fontsize=9)
        axes.set_xlabel("cores")
        axes.set_xticks([1, 8, 64, 512], ["1", "8", "64", "512"])
        axes.set_yticks([1, 8, 64, 512], ["1", "8", "64", "512"])
        axes.minorticks_off()
        axes.legend(frameon=False, fontsize=8)
        _plain(axes)
    panels[0][0].set_ylabel("speed-up")
    figure.tight_layout()
    _save(figure, path)


def _plain(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="both", color="#e5e7eb", linewidth=0.6)
