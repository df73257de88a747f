"""The payload: model, explainer and engine as dill bytes, loaded once by each Python worker process.

A worker process serves many tasks, one after another. What it has loaded must outlive them, so it is kept in a
dictionary of this module, which the worker imports; a function's own closure would be unpickled for every task.
"""

import importlib.metadata
import pickletools
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import dill
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.explain.kinds.model_kind import kind_of
from sparklime_core.explain.task import ExplainTask
from sparklime_core.spark.executors.logs import say
from sparklime_core.spark.executors.self_report import NEEDED_PACKAGES, spelled
from sparklime_core.spark.session.backend import SentBytes
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence

BROUGHT_MODULES = frozenset({"numpy", "scipy", "sklearn", "lime", "dill", "pyarrow", "pandas", "numba", "joblib"})
"""Modules of the packages that every executor needs, by the names that are imported."""

OWN_MODULES = frozenset({"sparklime_core", "__main__"})
TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")
MEMOS = ("MEMOIZE", "BINPUT", "LONG_BINPUT")
RECALLS = ("BINGET", "LONG_BINGET")
MOST_LOADED = 2
_loaded: "OrderedDict[str, ExplainTask]" = OrderedDict()


def packages_in(data: bytes) -> tuple[str, ...]:
    """Return the packages that unpickling needs, besides those that explaining needs.

    Parameters
    ----------
    data
        What `pickle` or `dill` has made; nothing of it is executed.

    Returns
    -------
    tuple of str
        Names as they are installed here. A module that no installed package has is left out.
    """
    modules = {name.partition(".")[0] for name in _modules(data)}
    foreign = sorted(modules - BROUGHT_MODULES - OWN_MODULES - sys.stdlib_module_names)
    found = {spelled(one) for name in foreign for one in _distributions().get(name, ())[:1]}
    return tuple(sorted(found - set(NEEDED_PACKAGES)))


@lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    """Return the installed packages that have each module; finding them out takes half a second."""
    return dict(importlib.metadata.packages_distributions())


def _modules(data: bytes) -> Iterator[str]:
    """Yield the modules that classes and functions are taken from.

    An opcode takes module and name from the top of the stack, where they were put as texts or from the memo.
    """
    memo: dict[Any, str | None] = {}
    top: tuple[str | None, str | None] = (None, None)
    for operation, argument, _ in pickletools.genops(data):
        kind = operation.name
        if kind in MEMOS:
            memo[len(memo) if argument is None else argument] = top[-1]
            continue
        if kind == "GLOBAL":
            yield str(argument).partition(" ")[0]
        if kind == "STACK_GLOBAL" and top[0] is not None:
            yield top[0]
        text = str(argument) if kind in TEXTS else None
        top = top[-1], memo.get(argument) if kind in RECALLS else text


@dataclass(frozen=True)
class Payload:
    """A task on its way to the executors.

    Attributes
    ----------
    id
        Digest of the bytes.
    sent
        Their handle.
    size
        How many bytes they are.
    packages
        What the executors need to load them, besides what explaining needs.
    """

    id: str
    sent: SentBytes
    size: int = 0
    packages: tuple[str, ...] = ()

    def load(self) -> ExplainTask:
        """Return the task; the first call in a worker process unpickles it, and logs that on standard error."""
        task = _loaded.get(self.id)
        if task is None:
            task = self._unpickle()
            _loaded[self.id] = task
        _loaded.move_to_end(self.id)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return task

    def discard(self) -> None:
        """Free the bytes everywhere; nothing may use them any more."""
        self.sent.discard()

    def _unpickle(self) -> ExplainTask:
        began = time.perf_counter()
        data = self.sent.read()
        task: ExplainTask = dill.loads(data)  # noqa: S301 - the driver's own bytes
        _use_one_thread(task)
        seconds = time.perf_counter() - began
        say(
            f"loaded {task.description} from {self.sent.kind} {self.id}: {len(data) / 1e6:.1f} MB "
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
        return Payload(digest, backend_of(spark).send_bytes(digest, data), len(data), packages_in(data))
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
