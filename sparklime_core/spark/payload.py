"""The broadcast: model, explainer and engine as dill bytes, loaded once by each Python worker process.

A worker process serves many tasks, one after another. What it has loaded must outlive them, so it is kept in a
dictionary of this module, which the worker imports; a function's own closure would be unpickled for every task.
"""

import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import dill
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.explain.blocks import ExplainTask
from sparklime_core.spark.evidence import describe, say

KEPT = 2

_loaded: "OrderedDict[str, ExplainTask]" = OrderedDict()


@dataclass(frozen=True)
class Payload:
    """A task on its way to the executors.

    Attributes
    ----------
    id
        Digest of the bytes.
    broadcast
        Spark's broadcast of them.
    """

    id: str
    broadcast: Any

    def load(self) -> ExplainTask:
        """Return the task; the first call in a worker process unpickles it, and says so on standard error."""
        task = _loaded.get(self.id)
        if task is None:
            task = self._unpickle()
            _loaded[self.id] = task
        _loaded.move_to_end(self.id)
        while len(_loaded) > KEPT:
            _loaded.popitem(last=False)
        return task

    def discard(self) -> None:
        """Free the broadcast everywhere; nothing may use it any more."""
        self.broadcast.destroy()

    def _unpickle(self) -> ExplainTask:
        began = time.perf_counter()
        data = self.broadcast.value
        task: ExplainTask = dill.loads(data)  # noqa: S301 - the driver's own bytes
        # PySpark would keep the bytes beside what has been made of them.
        self.broadcast.__dict__.pop("_value", None)
        _use_one_thread(task)
        seconds = time.perf_counter() - began
        say(
            f"loaded {describe(task)} from broadcast {self.id}: {len(data) / 1e6:.1f} MB in {seconds:.1f} s, "
            f"Python {sys.version.split()[0]}"
        )
        return task


def publish(spark: SparkSession, task: ExplainTask) -> Payload:
    """Broadcast a task.

    Raises
    ------
    SparkError
        When a part of it cannot be pickled.
    """
    try:
        # recurse: of a notebook's function only the globals that it uses travel with it.
        data = dill.dumps(task, recurse=True)
    except Exception as error:  # dill raises whatever the objects raise
        raise SparkError(
            f"The model or the explainer cannot be sent to the executors: {type(error).__name__}: {error}"
        ) from error
    return Payload(sha256(data).hexdigest()[:12], spark.sparkContext.broadcast(data))


def _use_one_thread(task: ExplainTask) -> None:
    """Spark has one task for each core already."""
    predict_fn: Any = task.predict_fn
    model = getattr(predict_fn, "__self__", predict_fn)
    if getattr(model, "n_jobs", None) not in (None, 1):
        model.n_jobs = 1
