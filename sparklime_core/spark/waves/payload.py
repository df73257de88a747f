"""The payload: model, explainer and engine as dill bytes, loaded once by each Python worker process.

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
from sparklime_core.explain.kinds.registry import kind_of
from sparklime_core.explain.task import ExplainTask
from sparklime_core.spark.executors.logs import describe, say
from sparklime_core.spark.executors.needed_packages import packages_in
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.waves.broadcast import Carried

KEPT = 2

_loaded: "OrderedDict[str, ExplainTask]" = OrderedDict()


@dataclass(frozen=True)
class Payload:
    """A task on its way to the executors.

    Attributes
    ----------
    id
        Digest of the bytes.
    carried
        How they get there.
    size
        How many bytes they are.
    packages
        What the executors need to load them, besides what explaining needs.
    """

    id: str
    carried: Carried
    size: int = 0
    packages: tuple[str, ...] = ()

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
        """Free the bytes everywhere; nothing may use them any more."""
        self.carried.discard()

    def _unpickle(self) -> ExplainTask:
        began = time.perf_counter()
        data = self.carried.read()
        task: ExplainTask = dill.loads(data)  # noqa: S301 - the driver's own bytes
        _use_one_thread(task)
        seconds = time.perf_counter() - began
        say(
            f"loaded {describe(task)} from {self.carried.way} {self.id}: {len(data) / 1e6:.1f} MB "
            f"in {seconds:.1f} s, Python {sys.version.split()[0]}"
        )
        return task


def pickled(task: Any) -> bytes:
    """Return a task, or a part of one, as it travels to the executors.

    Raises
    ------
    SparkError
        When a part of it cannot be pickled.
    """
    try:
        # recurse: of a notebook's function only the globals that it uses travel with it.
        data: bytes = dill.dumps(task, recurse=True)
    except Exception as error:  # dill raises any error of the objects
        raise SparkError(
            f"The model or the explainer cannot be sent to the executors: {type(error).__name__}: {error}"
        ) from error
    return data


def publish(spark: SparkSession, task: ExplainTask) -> Payload:
    """Bring a task to the executors of a session.

    Raises
    ------
    SparkError
        When a part of it cannot be pickled.
    """
    data = pickled(task)
    digest = sha256(data).hexdigest()[:12]
    try:
        return Payload(digest, backend_of(spark).carry(digest, data), len(data), packages_in(data))
    except Exception as error:  # py4j's, Java's, or PySpark's own, as where the disk is full
        raise SparkError(
            f"The model and the explainer ({len(data) / 1e6:.0f} MB) cannot be brought to the executors: "
            f"{one_sentence(error)}"
        ) from error


def _use_one_thread(task: ExplainTask) -> None:
    """Spark has one task for each core already."""
    predict_fn: Any = task.predict_fn
    model = getattr(predict_fn, "__self__", predict_fn)
    kind = kind_of(model)
    if kind is not None:
        kind.use_one_thread()
    elif getattr(model, "n_jobs", None) not in (None, 1):
        model.n_jobs = 1
