"""Where executors keep what numba compiles: named in ``NUMBA_CACHE_LOCATOR_CLASSES`` of their environment."""

from pathlib import Path

from numba.core.caching import ZipCacheLocator


class ShippedCacheLocator(ZipCacheLocator):
    """Keeps compiled functions of the shipped package under the name of its zip, which is that of its content.

    Spark puts the zip into a new folder for every application. By that folder, as numba would have it, nothing
    would be found again, and every Python worker would compile for seconds before its first row.
    """

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """Return the folder below numba's cache."""
        zip_path, _ = cls._split_zip_path(py_file)  # type: ignore[no-untyped-call]
        return Path(zip_path).stem
