"""What numba compiles is found again by the package's content, from a folder and a zip alike, and whole or not."""

import errno
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from numba import njit
from numba.core.caching import FunctionCache

from sparklime_core.explain.compiled import agreements, tree_walks
from sparklime_core.explain.compiled.agreement_sums import fill_variance_sums
from sparklime_core.explain.compiled.cache import ContentCacheLocator, compiled, is_kept
from sparklime_core.explain.compiled.pool_sums import fill_sums
from sparklime_core.explain.compiled.residual_sums import fill_residual_sums
from sparklime_core.explain.precompile import compile_ahead, is_compiled
from sparklime_core.spark.executors.prewarm import package_zip

REPORT = """
import numpy as np
from sparklime_core.explain.compiled.forest_answers import _add_answers
one, node = np.zeros(1, dtype=np.int64), np.zeros((1, 1))
_add_answers(one, one, node[0], np.zeros((1, 2), dtype=np.int64), node, np.zeros((1, 1), dtype=np.float32), node)
print(_add_answers.stats.cache_path, sum(_add_answers.stats.cache_hits.values()), _add_answers.__module__)
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
    folder = Path(__file__).parents[4]

    path, hits = report(folder, home)
    again, found = report(package_zip(), home)

    assert path == again
    assert path.startswith(str(home))
    assert (hits, found) == (0, 1)


def test_each_version_of_numba_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for version in ("0.62.0", "0.63.0"):
        monkeypatch.setattr("numba.__version__", version)
        locator = ContentCacheLocator(fill_sums.py_func, fill_sums.py_func.__code__.co_filename)
        found.add((locator.get_cache_path(), locator.get_source_stamp()))
    assert len({path for path, _ in found}) == len({stamp for _, stamp in found}) == 2


def cut(kept: Path, _other: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:-1])


def empty(kept: Path, _other: Path) -> None:
    kept.write_bytes(b"")


def change_a_bit(kept: Path, _other: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)


def put_text(kept: Path, _other: Path) -> None:
    kept.write_text("a note of somebody\n")


def put_another_function(kept: Path, other: Path) -> None:
    kept.write_bytes(other.read_bytes())


def remove(kept: Path, _other: Path) -> None:
    kept.unlink()


def put_a_folder(kept: Path, _other: Path) -> None:
    kept.unlink()
    kept.mkdir()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, int]]:
    """Call a function that numba compiles in a moment; return what it gives for 1, and whether it was found."""
    (tmp_path / "small_functions.py").write_text(
        "def one(x):\n    return x + 1\n\n\ndef two(x):\n    return x + 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "small_functions", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    module = importlib.import_module("small_functions")

    def call(name: str) -> tuple[int, int]:
        function = compiled(getattr(module, name))
        return function(1), sum(function.stats.cache_hits.values())

    return call


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage", [cut, empty, change_a_bit, put_text, put_another_function, remove, put_a_folder]
)
def test_a_damaged_file_is_thrown_away_and_compiled_again(tmp_path, small, kind, damage) -> None:
    assert small("one") == (2, 0)
    assert small("two") == (3, 0)
    assert small("two") == (3, 1)
    (one,), (two,) = (list(tmp_path.rglob(f"*{name}-*.{kind}")) for name in ("one", "two"))

    damage(two, one)

    result, found = small("two")
    assert result == 3
    if (kind, damage) != ("nbi", change_a_bit):  # the index may still say what it said
        assert found == 0
    if damage is not put_a_folder:
        assert small("two") == (3, 1)
    assert small("one") == (2, 1)


def test_a_function_is_kept_when_it_was_compiled_once(small) -> None:
    function = compiled(sys.modules["small_functions"].one)
    assert not is_kept(function)
    assert small("one") == (2, 0)
    assert is_kept(function)


def test_nothing_is_left_to_compile_when_it_was_done_ahead() -> None:
    compile_ahead()
    assert is_compiled()


def test_each_function_that_is_kept_is_asked_for() -> None:
    with mock.patch("sparklime_core.explain.compiled.cache.is_kept", return_value=False) as asked:
        assert not is_compiled()
    asked.side_effect = lambda function: function is not tree_walks._walk
    with mock.patch("sparklime_core.explain.compiled.cache.is_kept", asked):
        assert not is_compiled()


def test_the_folder_is_its_owners_alone(tmp_path, small) -> None:
    assert small("one") == (2, 0)
    (folder,) = tmp_path.rglob("sparklime_*")
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert small("one") == (2, 1)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_not_used(tmp_path, small, monkeypatch) -> None:
    assert small("one") == (2, 0)
    (folder,) = tmp_path.rglob("sparklime_*")
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert small("one") == (2, 0)


def test_what_cannot_be_kept_is_compiled_all_the_same(small, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_index", full)
    assert small("one") == (2, 0)


@pytest.mark.parametrize("function", [fill_sums, fill_residual_sums, fill_variance_sums, tree_walks._walk])
def test_every_compiled_function_is_checked(function) -> None:
    assert type(function._cache) is type(compiled(len_of)._cache)
    assert "sparklime" in function.stats.cache_path


def len_of(x):
    return len(x)


def test_other_peoples_functions_are_kept_where_numba_keeps_them() -> None:
    theirs = njit(cache=True)(len_of)
    assert "sparklime_" not in theirs.stats.cache_path
    assert type(theirs._cache) is FunctionCache


def test_what_is_kept_changes_with_the_functions_that_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's own source does not tell all: its functions are compiled together with those they call."""
    function, loader = fill_sums.py_func, agreements.__loader__
    before = ContentCacheLocator(function, agreements.__file__).get_source_stamp()
    monkeypatch.setattr(loader, "get_source", lambda _name: "other functions")
    after = ContentCacheLocator(function, agreements.__file__).get_source_stamp()
    assert before != after
