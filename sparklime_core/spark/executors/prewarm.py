"""Send this package to the executors, and let their Python workers import what explaining needs."""

import importlib
import threading
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

import sparklime_core
from sparklime_core.atomic_files import atomic_write, clear_unfinished, disk_errors_explained
from sparklime_core.explain.engines import ENGINES
from sparklime_core.paths import cache_folder, private_folder
from sparklime_core.spark.session.backend import Backend

KEPT_DATE = (2020, 1, 1, 0, 0, 0)
NEEDED_MODULES = (
    "lime.lime_tabular",
    "sklearn.ensemble",
    "sparklime_core.explain.stability_task",
    *(engine.module for engine in ENGINES.values()),
    "sparklime_core.spark.waves.worker",
)
"""Modules that unpickling a task imports, which takes a new worker seconds."""


def ship_package(backend: Backend) -> None:
    """Make ``import sparklime_core`` work on the executors of a session; done once per session.

    Raises
    ------
    SessionEndedError
        When the session has ended: what comes next would fail with another message.
    """
    backend.application()
    with backend.record.lock:
        if not backend.record.shipped:
            backend.add_package(package_zip())
            backend.record.shipped = True


@lru_cache(maxsize=1)
def package_zip() -> Path:
    """Return a zip of this package's modules, named after its content: the same package, the same file."""
    root = Path(sparklime_core.__file__).parent
    modules = sorted(root.rglob("*.py"))
    digest = sha256()
    for module in modules:
        digest.update(str(module.relative_to(root)).encode() + b"\0" + module.read_bytes())
    target = cache_folder() / "package" / f"sparklime_core-{digest.hexdigest()[:12]}.zip"
    if not target.is_file():
        with disk_errors_explained(target.parent):
            clear_unfinished(private_folder(target.parent))
            with atomic_write(target) as made, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
                for module in modules:
                    name = str(module.relative_to(root.parent))
                    archive.writestr(zipfile.ZipInfo(name, KEPT_DATE), module.read_bytes())
    return target


def prewarm_soon(backend: Backend) -> None:
    """Warm a session up in a thread of its own, the first time that it is asked for."""
    with backend.record.lock:
        if backend.record.warmed:
            return
        backend.record.warmed = True
    threading.Thread(target=_quietly, args=(backend,), name="sparklime-warm-up", daemon=True).start()


def prewarm(backend: Backend) -> int:
    """Import on every core what explaining needs, by a job like a wave's; return how many tasks that had."""
    ship_package(backend)
    cores = backend.parallelism()
    tasks = pa.Table.from_batches([pa.record_batch({"task": [task]}) for task in range(cores)])
    return len(backend.map_batches(tasks, cores, _after_imports, tasks.schema))


def import_needed() -> None:
    """Import what explaining needs."""
    for name in NEEDED_MODULES:
        importlib.import_module(name)


def _after_imports(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import_needed()
    yield from batches


def _quietly(backend: Backend) -> None:
    """Warm up, and ignore errors: a run that follows meets them again, and reports them."""
    try:
        prewarm(backend)
    except Exception:  # noqa: BLE001
        return
