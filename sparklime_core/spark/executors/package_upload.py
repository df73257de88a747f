"""Send this package to the executors, which may run in any folder of any machine."""

import zipfile
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import sparklime_core
from sparklime_core.atomic_files import atomic_write, clear_unfinished, disk_errors_explained
from sparklime_core.paths import cache_folder, private_folder
from sparklime_core.spark.session.backend import Backend

KEPT_DATE = (2020, 1, 1, 0, 0, 0)


def ship_package(backend: Backend) -> None:
    """Make ``import sparklime_core`` work on the executors of a session; done once a session.

    Raises
    ------
    SessionEndedError
        When the session has ended: what comes next would fail, and say something else.
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
