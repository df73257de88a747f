"""What numba compiles is found again by the package's content, from a folder and from a zip alike."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sparklime_core.explain.sums_numba import fill_sums
from sparklime_core.spark.executors.package_upload import package_zip

REPORT = """
import numpy as np
from sparklime_core.explain.sums_numba import fill_sums
from sparklime_core.explain.precompile import compile_ahead
compile_ahead()
print(fill_sums.stats.cache_path, sum(fill_sums.stats.cache_hits.values()), fill_sums.__module__)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    return tmp_path


def report(where: Path, home: Path) -> tuple[str, int]:
    """Compile in a process that has the package from a place, and its caches in a home."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(where)!r})\n{REPORT}"]
    env = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    ended = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=True)
    path, hits, _ = ended.stdout.split()
    return path, int(hits)


def test_a_zip_finds_what_the_folder_has_compiled(home: Path) -> None:
    folder = Path(__file__).parents[3]

    path, hits = report(folder, home)
    again, found = report(package_zip(), home)

    assert path == again
    assert path.startswith(str(home))
    assert (hits, found) == (0, 1)


def test_other_peoples_functions_are_kept_where_numba_keeps_them() -> None:
    from numba import config

    assert "sparklime" in fill_sums.stats.cache_path
    assert not config.CACHE_LOCATOR_CLASSES
