"""Where numba keeps what it compiles of this package: under a digest of the source, so that it is compiled once.

The driver has the package in a folder, executors in a zip that Spark puts into a new folder for every application.
By these places, as numba would have it, nothing would be found again, and every Python worker would compile for
seconds before its first row.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import config
from numba.core.caching import UserWideCacheLocator


class ContentCacheLocator(UserWideCacheLocator):
    """Numba's folder for compiled functions of a module, named after the module's source."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        source = py_func.__globals__["__loader__"].get_source(py_func.__module__)
        self._digest = sha256(source.encode()).hexdigest()[:16]
        self._cache_path = str(Path(self._cache_path).parent / f"sparklime_{self._digest}")

    def get_source_stamp(self) -> str:
        """Return what changes when the source does."""
        return self._digest

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "ContentCacheLocator | None":
        """Return a locator, or None where the source or the folder cannot be had; numba then asks the next one."""
        try:
            locator = cls(py_func, py_file)
            locator.ensure_cache_path()  # type: ignore[no-untyped-call]
        except (AttributeError, ImportError, OSError):
            return None
        return locator


LOCATORS = f"{__name__}.{ContentCacheLocator.__name__},InTreeCacheLocator,UserWideCacheLocator,ZipCacheLocator"


@contextmanager
def kept_by_content() -> Iterator[None]:
    """Let functions that are decorated in this block be kept by `ContentCacheLocator`."""
    settings: Any = config
    before = settings.CACHE_LOCATOR_CLASSES
    settings.CACHE_LOCATOR_CLASSES = LOCATORS
    try:
        yield
    finally:
        settings.CACHE_LOCATOR_CLASSES = before
