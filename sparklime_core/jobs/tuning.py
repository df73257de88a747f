"""`TuningStudy`: kernel width against samples on some rows, with the fit and the stability that each choice gives.

It runs in this process, without Spark: the engine ``sampled`` explains the rows from several pools. For all kernel
widths of one number of samples the pools are the same, but for the weights of their samples.
"""

import dataclasses
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from sparklime_core.errors import SettingsError
from sparklime_core.explain.explain_rows import explain_with
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import ExplainSettings, limes_width
from sparklime_core.explain.stability import StabilitySettings, measure_stability, prepare_stability
from sparklime_core.explain.types import Explainer, FloatArray, predict_fn_of
from sparklime_core.jobs.study import Study, StudyState, Subject

WIDTHS = (0.25, 0.5, 1.0, 1.5, 2.5)
"""Kernel widths to try, as multiples of lime's own."""

SAMPLES = (500, 1000, 2500, 5000, 10_000)
POOLS = 5


@dataclass(frozen=True)
class TuningPlan(Subject):
    """What is tried, and on what; kernel width and samples vary, and the engine is ``sampled``.

    Attributes
    ----------
    rows
        How many rows, drawn by the seed.
    widths, samples
        The grid: multiples of lime's kernel width, and sizes of the neighbourhood.
    pools, top
        See `sparklime_core.explain.stability.StabilitySettings`.

    Raises
    ------
    SettingsError
        When there is nothing to try, or the study could not be made.
    """

    rows: int = 32
    widths: tuple[float, ...] = WIDTHS
    samples: tuple[int, ...] = SAMPLES
    pools: int = POOLS
    top: int = 5

    def __post_init__(self) -> None:
        if self.rows < 1 or not self.widths or not self.samples:
            raise SettingsError("Tuning needs at least one row, one kernel width and one number of samples.")
        if min(self.widths) <= 0:
            raise SettingsError(f"Kernel widths must be positive, not {min(self.widths)}.")
        StabilitySettings(self.pools, self.top)

    @property
    def usual_width(self) -> float:
        """Kernel width that lime would choose for this table."""
        return limes_width(len(self.dataset.feature_names))


@dataclass(frozen=True)
class Cell:
    """What one choice of settings gives, as means over the rows.

    Attributes
    ----------
    kernel_width, num_samples
        The choice.
    fit
        Profile score; lime's local R² where there are no profiles.
    effective_share
        How many of the samples count, as a share; None where that is not known.
    score
        Local R².
    jaccard, vsi
        How much the pools agree in the top features (0 to 1), and in the features (0 to 100).
    noise
        Standard deviation of a weight over the pools, over the mean \\|weight\\|.
    seconds
        How long it took to find this out, for all rows and pools.
    rows
        How many rows could be explained.
    """

    kernel_width: float
    num_samples: int
    fit: float
    effective_share: float | None
    score: float
    jaccard: float
    vsi: float
    noise: float
    seconds: float
    rows: int


@dataclass(frozen=True)
class TuningState(StudyState):
    """How far a study is: how many cells there are to be, those that are measured, and the seconds so far."""

    total: int
    cells: tuple[Cell, ...] = ()
    seconds: float = 0.0


class TuningStudy(Study[TuningState]):
    """A study; `start` runs it in a thread of its own, and `state` may be asked for at any time."""

    def __init__(self, plan: TuningPlan) -> None:
        super().__init__(TuningState(len(plan.widths) * len(plan.samples)))
        self.plan = plan
        self._began = time.perf_counter()

    def start(self) -> None:
        """Begin."""
        self._began = time.perf_counter()
        threading.Thread(target=self.run, name="sparklime-tuning", daemon=True).start()

    def state(self) -> TuningState:
        """Return how far it is."""
        state = super().state()
        return state if state.ended else dataclasses.replace(state, seconds=time.perf_counter() - self._began)

    def run(self) -> None:
        """Measure every cell, small ones first; a cancelled study ends after the cell that it is at."""
        self.carry_out(self._measure_all)

    def end(self, **changes: Any) -> None:
        """End it."""
        super().end(seconds=time.perf_counter() - self._began, **changes)

    def _measure_all(self) -> None:
        plan = self.plan
        order = np.random.default_rng(plan.explain.seed).permutation(plan.dataset.rows)[: plan.rows]
        rows = np.ascontiguousarray(plan.dataset.features[np.sort(order)])
        for num_samples in plan.samples:
            for width in plan.widths:
                self.check_cancelled()
                cell = self._measure(rows, plan.usual_width * width, num_samples)
                self.change(cells=(*self._state.cells, cell))

    def _measure(self, rows: FloatArray, kernel_width: float, num_samples: int) -> Cell:
        plan = self.plan
        settings = dataclasses.replace(plan.explainer, kernel_width=kernel_width)
        explainer = build_explainer(plan.model_table, settings)
        explain = dataclasses.replace(plan.explain, engine="sampled", labels="predicted", num_samples=num_samples)
        return _measure_cell(
            explainer, plan.estimator, rows, explain, StabilitySettings(plan.pools, plan.top), kernel_width
        )


def _measure_cell(
    explainer: Explainer,
    estimator: Any,
    rows: FloatArray,
    explain: ExplainSettings,
    wanted: StabilitySettings,
    kernel_width: float,
) -> Cell:
    """Explain rows (n, d) from several pools, and say how well and how steadily."""
    began = time.perf_counter()
    task = prepare_stability(explainer, predict_fn_of(estimator), explain, wanted)
    row_ids = np.arange(len(rows), dtype=np.int64)
    explained = explain_with(task, rows, row_ids)
    found = measure_stability(task, rows, row_ids, wanted.top)
    good = pc.is_null(explained["error"])
    if not pc.any(good).as_py():
        raise SettingsError(f"None of the rows can be explained: {explained['error'][0].as_py()}")
    std, mean = found.features["std"], pc.mean(pc.abs(found.features["mean"])).as_py()
    return Cell(
        kernel_width=kernel_width,
        num_samples=explain.num_samples,
        fit=float(pc.mean(pc.coalesce(explained["profile_score"], explained["score"]).filter(good)).as_py()),
        effective_share=pc.mean(explained["effective_share"].filter(good)).as_py(),
        score=float(pc.mean(explained["score"].filter(good)).as_py()),
        jaccard=float(pc.mean(found.rows["jaccard"]).as_py()),
        vsi=float(pc.mean(found.rows["vsi"]).as_py()),
        noise=float(pc.mean(std).as_py() or 0.0) / float(mean) if mean else 0.0,
        seconds=time.perf_counter() - began,
        rows=int(pc.sum(good).as_py()),
    )
