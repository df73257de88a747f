"""lime over one core, two, four and so on: the same rows, cut into as many tasks at once.

The session keeps all its cores. What limits a step is that Spark is never given more tasks at once than it may use
cores: to start a session for each step would measure Spark's start.
"""

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from sparklime_core.explain.task import block_rows
from sparklime_core.explain.types import FloatArray
from sparklime_core.jobs.race_engines import EngineInWaves
from sparklime_core.jobs.race_state import ScalingStep
from sparklime_core.spark.waves.collected_waves import Wave

OnSteps = Callable[[tuple[ScalingStep, ...]], None]


def levels(cores: int) -> tuple[int, ...]:
    """Return the numbers of cores to try: the powers of two, and all."""
    powers = [2**power for power in range(cores.bit_length())]
    return tuple(sorted({*(power for power in powers if power <= cores), cores}))


def scale(engine: EngineInWaves, rows: FloatArray, cores: int, on_steps: OnSteps) -> tuple[ScalingStep, ...]:
    """Explain rows (n, d) again and again, by more and more tasks at once; report after every wave."""
    engine.warm_up(rows)
    blocks = -(-len(rows) // block_rows(engine.task.settings, len(rows)))
    steps: tuple[ScalingStep, ...] = ()
    first: pa.Table | None = None
    for level in levels(min(cores, blocks)):
        step, explained = _run_step(engine, rows, level, steps, on_steps)
        first = explained if first is None else first
        same = None if not steps else explained.equals(first)
        steps = (*steps, dataclasses.replace(step, same=same))
        on_steps(steps)
    return steps


def _run_step(
    engine: EngineInWaves, rows: FloatArray, cores: int, ended: tuple[ScalingStep, ...], on_steps: OnSteps
) -> tuple[ScalingStep, pa.Table]:
    step = ScalingStep(cores, len(rows))
    on_steps((*ended, step))
    waves: list[Wave] = []
    began = time.perf_counter()

    def note(done: int) -> None:
        nonlocal step
        executors = {name for wave in waves for name in wave.tasks["executor"].to_pylist()}
        at_once = max(most_at_once(wave.tasks) for wave in waves)
        step = ScalingStep(cores, len(rows), done, time.perf_counter() - began, len(executors), at_once)
        on_steps((*ended, step))

    engine.run(rows, waves.append, note, cores)
    return step, pa.concat_tables([wave.explanations for wave in waves]).sort_by("row_id").combine_chunks()


def most_at_once(tasks: pa.Table) -> int:
    """Return how many tasks of a wave (`TASK_SCHEMA`) ran at the same time, at the most."""
    starts = np.array([started.timestamp() for started in tasks["started"].to_pylist()])
    ends = starts + tasks["seconds"].to_numpy()
    running = (starts[:, None] >= starts) & (starts[:, None] < ends)
    return int(running.sum(axis=1).max(initial=0))
