"""Explain what is left of a run on a Spark session, and end it: the same for a new run and a resumed one."""

import dataclasses
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError, RunError, SparkLimeError
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.explain.task import ExplainTask, block_rows
from sparklime_core.explain.types import FloatArray, predict_fn_of
from sparklime_core.runs.facts import ExecutorFacts
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.parts import count_rows
from sparklime_core.runs.run import Run
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connect import application
from sparklime_core.spark.waves.scheduler import run_waves, write_waves
from sparklime_core.spark.waves.wave_kinds import Wave, WrittenWave
from sparklime_core.waiting import after, unless_cancelled

LISTING_SECONDS, LOOK_SECONDS = 90.0, 1.0
"""How long the driver waits for parts that executors have written, and between two looks: NFS may list a folder as
it was a minute ago."""


class Phases:
    """Wall time by phase; each lasts until the next one begins.

    Parameters
    ----------
    seconds
        Seconds by phase of earlier attempts at the same run.
    """

    def __init__(self, seconds: Mapping[str, float] | None = None) -> None:
        self._seconds = dict(seconds or {})
        self._name: str | None = None
        self._since = 0.0

    def begin(self, name: str) -> None:
        """End the phase that lasts, and begin another."""
        now = time.monotonic()
        if self._name is not None:
            self._seconds[self._name] = self._seconds.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each phase, the one that lasts included."""
        if self._name is not None:
            self.begin(self._name)
        return dict(self._seconds)


@dataclass(frozen=True)
class Progress:
    """How far a run is; all of it measured.

    Attributes
    ----------
    stage
        ``"waiting"``, ``"connecting"``, ``"preparing"``, ``"explaining"``, ``"writing"`` or ``"ended"``.
    rows, done, failed
        Rows to explain; those that are explained and on disk; those of them whose result is an error.
    seconds
        Wall time since explaining began in this attempt.
    by_executor
        Rows explained by each executor in this attempt.
    first_wave
        Rows and seconds of this attempt when its first wave was done.
    error
        What ended the run, if that was an error.
    """

    stage: str
    rows: int
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    by_executor: Mapping[str, int] = field(default_factory=dict)
    first_wave: tuple[int, float] | None = None
    error: str | None = None

    @property
    def rows_per_second(self) -> float | None:
        """Rows explained a second in this attempt; None before the first wave is done."""
        rows = sum(self.by_executor.values())
        return rows / self.seconds if rows and self.seconds else None

    @property
    def remaining_seconds(self) -> float | None:
        """What is left at the speed since the first wave, in which the Python workers start.

        None before the second wave is done.
        """
        if self.first_wave is None:
            return None
        rows, seconds = sum(self.by_executor.values()) - self.first_wave[0], self.seconds - self.first_wave[1]
        return (self.rows - self.done) * seconds / rows if rows and seconds else None


OnProgress = Callable[[Progress], None]


def explain_run(
    spark: SparkSession,
    run: Run,
    *,
    inputs: Inputs | None = None,
    phases: Phases | None = None,
    cancel: threading.Event,
    on_progress: OnProgress,
) -> Manifest:
    """Explain the rows of a run that have no result yet, and end the run.

    Parameters
    ----------
    spark
        A connected session.
    run
        A new run, or one that was cut off.
    inputs
        The run's inputs where they are at hand; read from the run otherwise.
    phases
        What was timed of the run before; what the run says of it otherwise.
    cancel
        Set it to stop: the run ends as ``CANCELLED`` and keeps what is finished.
    on_progress
        Called after every change, in threads of the driver.

    Returns
    -------
    Manifest
        The run's, as it ended. An error ends it as ``FAILED`` and is raised again.
    """
    attempt = _Attempt(spark, run, inputs or run.inputs(), phases or Phases(run.manifest().phases), on_progress)
    try:
        attempt.explain(cancel)
        return attempt.end(RunState.FINISHED)
    except CancelledError:
        return attempt.end(RunState.CANCELLED)
    except SparkLimeError as error:
        attempt.end(RunState.FAILED, str(error))
        raise
    except BaseException as error:
        attempt.end(RunState.FAILED, f"{type(error).__name__}: {error}")
        raise


class _Attempt:
    """One stretch of work on a run."""

    def __init__(
        self, spark: SparkSession, run: Run, inputs: Inputs, phases: Phases, on_progress: OnProgress
    ) -> None:
        self._spark = spark
        self._run = run
        self._inputs = inputs
        self._phases = phases
        self._on_progress = on_progress
        manifest = run.manifest()
        self._before = manifest.seconds
        self._spent = dict(manifest.spent)
        self._progress = Progress("preparing", len(inputs.row_ids), manifest.rows_explained, manifest.rows_failed)
        self._began = time.monotonic()

    def explain(self, cancel: threading.Event) -> None:
        self._enter("preparing")
        manifest = self._run.manifest()
        self._task = unless_cancelled(lambda: task_of(self._inputs, manifest), cancel)
        settings = self._task.settings
        finished, next_wave = self._run.finished_blocks()
        row_ids = self._inputs.row_ids
        blocks = -(-len(row_ids) // block_rows(settings, len(row_ids)))
        left = [block for block in range(blocks) if block not in finished]
        self._run.update(**dataclasses.asdict(application(self._spark)))
        self._began = time.monotonic()
        self._report(stage="explaining")
        if left and self._run.executors_write:
            self._let_executors_write(left, next_wave, cancel)
        elif left:
            run_waves(
                self._spark,
                self._task,
                self._rows(),
                row_ids,
                blocks=left,
                first_wave=next_wave,
                on_wave=self._keep,
                on_stage=self._phases.begin,
                cancel=cancel,
            )
        self._enter("writing")

    def _let_executors_write(self, blocks: list[int], first_wave: int, cancel: threading.Event) -> None:
        row_ids = self._inputs.row_ids
        self._phases.begin("storing")
        size = block_rows(self._task.settings, len(row_ids))
        write_waves(
            self._spark,
            self._task,
            self._run.begin_attempt(self._rows(), row_ids, size),
            blocks=blocks,
            first_wave=first_wave,
            on_wave=self._count,
            on_stage=self._phases.begin,
            cancel=cancel,
        )
        await_parts(self._run, set(blocks), cancel)

    def _rows(self) -> FloatArray:
        """Return the rows to explain: the table itself where that is all of it, for a copy of it is large."""
        features, row_ids = self._inputs.dataset.features, self._inputs.row_ids
        return features if len(row_ids) == len(features) else features[row_ids]

    def end(self, state: RunState, error: str | None = None) -> Manifest:
        seconds = self._before + time.monotonic() - self._began
        executors = tuple(ExecutorFacts(**vars(executor)) for executor in _executors(self._spark))
        self._run.finish(state, seconds=seconds, error=error, executors=executors)
        manifest = self._run.update(phases=self._phases.seconds(), spent=self._spent)
        self._report(stage="ended", error=error)
        return manifest

    def _keep(self, wave: Wave) -> None:
        """Write a finished wave to disk, and only then count it."""
        explanations = self._task.vocabulary.decode(wave.explanations)
        self._run.append(wave.number, wave.blocks, explanations, wave.tasks, wave.work, wave.stability)
        rows, failed = count_rows(explanations)
        by_executor: Counter[str] = Counter()
        for task in wave.tasks.select(["executor", "rows"]).to_pylist():
            by_executor[task["executor"]] += task["rows"]
        spent = {**wave.spent, "tasks": float(np.sum(wave.tasks["seconds"]))}
        self._count(WrittenWave(wave.number, wave.blocks, rows, failed, by_executor, spent))

    def _count(self, wave: WrittenWave) -> None:
        """Count a wave that is on the disk."""
        for phase, seconds in wave.spent.items():
            self._spent[phase] = self._spent.get(phase, 0.0) + seconds
        self._report(
            done=self._progress.done + wave.rows,
            failed=self._progress.failed + wave.failed,
            by_executor=dict(Counter(self._progress.by_executor) + Counter(wave.by_executor)),
            first_wave=self._progress.first_wave or (wave.rows, time.monotonic() - self._began),
        )

    def _enter(self, stage: str) -> None:
        self._phases.begin(stage)
        self._report(stage=stage)

    def _report(self, **changes: Any) -> None:
        seconds = time.monotonic() - self._began
        self._progress = dataclasses.replace(self._progress, seconds=seconds, **changes)
        self._on_progress(self._progress)


def await_parts(run: Run, blocks: set[int], cancel: threading.Event) -> None:
    """Wait until this machine finds the parts with some blocks that executors have written.

    Raises
    ------
    RunError
        When they do not come: executors write to another folder.
    CancelledError
        When the run is cancelled meanwhile.
    """
    is_late = after(LISTING_SECONDS)
    while missing := len(blocks - run.finished_blocks()[0]):
        if is_late():
            raise RunError(
                f"The executors have written {missing} blocks that are not in {str(run.folder)!r} on this "
                "machine: where executors write, a run must be in a folder that all reach by the same path."
            )
        if cancel.wait(LOOK_SECONDS):
            raise CancelledError("The run was cancelled.")


def task_of(inputs: Inputs, manifest: Manifest) -> ExplainTask:
    """Prepare what a run broadcasts to its executors: model, explainer and engine."""
    explainer = build_explainer(inputs.learnt_from, manifest.explainer)
    predict_fn, pools = predict_fn_of(inputs.estimator), manifest.stability
    return prepare_measured(explainer, predict_fn, manifest.explain, pools, manifest.measured_every)


def _executors(spark: SparkSession) -> list[Any]:
    try:
        return backend_of(spark).executors()
    except SparkLimeError:
        return []
