"""Where numba keeps what it compiles of this package: under a digest of the source, so that it is compiled once.

The digest holds numba's version, too: of two versions that share a folder, each throws away what the other has.

The driver has the package in a folder, executors in a zip that Spark puts into a new folder for every application.
By these places, as numba would have it, nothing would be found again, and every Python worker would compile for
seconds before its first row.

Numba runs what its files hold. The folder is open to its owner alone, and another person's folder is not used. The
files carry a digest and what they were compiled for, against accidents: a file that is cut off, changed, or of
another function is thrown away, and the function compiled again.
"""

import contextlib
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core import caching
from numba.core.dispatcher import Dispatcher


class ContentCacheLocator(caching.UserWideCacheLocator):
    """Numba's folder for compiled functions of a module, named after the module's source and numba's version."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        source = "\n".join(_sources(py_func))
        self._digest = sha256(f"{numba.__version__}\n{source}".encode()).hexdigest()[:16]
        self._cache_path = str(Path(self._cache_path).parent / f"sparklime_{self._digest}")

    def get_source_stamp(self) -> str:
        """Return what changes when the source or numba does."""
        return self._digest

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "ContentCacheLocator | None":
        """Return a locator; None without a source or a folder: numba then asks the next one."""
        try:
            locator = cls(py_func, py_file)
            locator.ensure_cache_path()  # type: ignore[no-untyped-call]
            if not _is_own(locator._cache_path):
                return None
            os.chmod(locator._cache_path, 0o700)
        except (AttributeError, ImportError, OSError):
            return None
        return locator


def _sources(function: Callable[..., Any]) -> Iterator[str]:
    """Yield the source of a function's module, and of those whose compiled functions it uses, near and far.

    Raises
    ------
    ImportError
        When a module came without its source.
    """
    for module in sorted({used.__module__ for used in _used(function)}):
        loader: Any = sys.modules[module].__loader__
        source: str | None = loader.get_source(module)
        if source is None:
            raise ImportError(f"{module} has no source")
        yield source


def _used(function: Callable[..., Any]) -> set[Callable[..., Any]]:
    """Return a function, and all that numba compiles with it."""
    found, left = set(), [function]
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left += [value.py_func for value in at.__globals__.values() if isinstance(value, Dispatcher)]
    return found


def _is_own(folder: str) -> bool:
    return not hasattr(os, "getuid") or os.stat(folder).st_uid == os.getuid()


class _Kept(caching.CompileResultCacheImpl):
    """Where our functions are kept: by content, or where numba keeps those of other people."""

    _locator_classes = [  # noqa: RUF012 - numba's own is no class variable either
        ContentCacheLocator,
        caching.InTreeCacheLocator,
        caching.UserWideCacheLocator,
        caching.ZipCacheLocator,
    ]


class _CheckedFiles(caching.IndexDataCacheFile):
    """Numba's files of one function, each with a digest before its content."""

    def save(self, key: object, data: object) -> None:
        """Keep what was compiled for a key: the types, the processor, and the code without its constants."""
        key = (self._index_name, key)
        super().save(key, (key, data))  # type: ignore[no-untyped-call]

    def load(self, key: object) -> Any:
        """Return the compiled function of a key, or None.

        Raises
        ------
        Exception
            When a file is not what was written; of any kind, as `pickle` has it.
        """
        key = (self._index_name, key)
        found = super().load(key)  # type: ignore[no-untyped-call]
        if found is None:
            return None
        compiled_for, data = found
        if compiled_for != key:
            raise ValueError("compiled for something else")
        return data

    def _save_data(self, name: str, data: object) -> None:
        content = self._dump(data)  # type: ignore[no-untyped-call]
        with self._open_for_write(self._data_path(name)) as file:  # type: ignore[no-untyped-call]
            file.write(self._digest(name, content) + content)

    def _load_data(self, name: str) -> Any:
        kept = Path(self._data_path(name)).read_bytes()  # type: ignore[no-untyped-call]
        size = sha256().digest_size
        if kept[:size] != self._digest(name, kept[size:]):
            raise ValueError("damaged")
        return pickle.loads(kept[size:])  # noqa: S301 - what this user's own numba wrote, as checked

    def _digest(self, name: str, content: bytes) -> bytes:
        return sha256(f"{self._source_stamp} {name} ".encode() + content).digest()


class _CheckedCache(caching.FunctionCache):
    """Numba's cache of one function; what is wrong with its files costs no more than compiling again."""

    _impl_class = _Kept

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        files = self._cache_file
        self._cache_file = _CheckedFiles(self._cache_path, self._impl.filename_base, files._source_stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: object, target_context: object) -> Any:
        """Return the compiled function, or None where there is none that can be used."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 - damaged pickles raise any error
            with contextlib.suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what was compiled, where the disk lets us."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def is_kept(dispatcher: Any) -> bool:
    """Return whether a function of `compiled` was compiled before, by this process or another one."""
    try:
        return bool(dispatcher._cache._cache_file._load_index())
    except Exception:  # noqa: BLE001 - damaged files raise any error
        return False


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function that numba compiles at its first call, or finds compiled; it runs without Python's lock.

    Raises
    ------
    RuntimeError
        When there is no folder to keep it in: every process would compile it again.
    """
    dispatcher: Any = njit(nogil=True)(function)
    dispatcher._cache = _CheckedCache(function)
    return dispatcher
