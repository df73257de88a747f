"""How the tests are divided between processes, and a home of their own for each process.

Tests that share what takes seconds to start, such as a cluster or a browser, stay in one process, which starts it
once; all others go file by file.
"""

import functools
import gc
import importlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import ModuleType

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile("quick", max_examples=20)
hypothesis.settings.register_profile("thorough", max_examples=150)
hypothesis.settings.load_profile("quick")

TOGETHER = {
    "shared clusters": (
        "tests/spark/test_commands.py",
        "tests/spark/test_contract.py",
        "tests/spark/test_given_session.py",
        "tests/spark/test_shipped_environment.py",
        "tests/spark/test_unreachable.py",
    ),
    "browser": ("tests/browser",),
    "embedded Spark": (
        "tests/spark/test_boosters.py",
        "tests/spark/test_class_archive.py",
        "tests/spark/test_embedded_commands.py",
        "tests/spark/test_explain_table.py",
        "tests/spark/test_library.py",
        "tests/spark/test_listeners.py",
        "tests/spark/test_notebook.py",
        "tests/spark/test_race.py",
        "tests/spark/test_spark_models.py",
    ),
    "the server that forks what is killed": (
        "tests/unit/cli/test_explain_killed.py",
        "tests/unit/runs/test_workspace_store.py",
        "tests/unit/test_killed_writers.py",
    ),
    "MLflow": ("tests/unit/models/test_mlflow_models.py", "tests/unit/reports/test_mlflow_run.py"),
}
"""Files and folders whose tests run in one process, by the name of what they share."""

LONG = ("tests/spark", "tests/readme", "tests/versions")
"""Folders that come next, file by file; then all others."""


class _GroupOrFile(LoadScopeScheduling):
    """A process is handed a whole group of `TOGETHER`, or a whole file."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(_file(nodeid))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@functools.cache
def _scope(file: str) -> str:
    return next((group for group, places in TOGETHER.items() if _is_in(file, places)), file)


def _is_in(file: str, places: tuple[str, ...]) -> bool:
    path = PurePosixPath(file)
    return any(PurePosixPath(place) in (path, *path.parents) for place in places)


@functools.cache
def _turn(file: str) -> int:
    scope = _scope(file)
    if scope in TOGETHER:
        return list(TOGETHER).index(scope)
    return len(TOGETHER) if _is_in(scope, LONG) else len(TOGETHER) + 1


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Divide the tests by group or file; in their order, and not the files with most tests first."""
    config.option.loadscopereorder = False
    return _GroupOrFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep all that is imported out of the garbage collector, which would look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_unconfigure() -> None:
    """Give back to the collector what ends with the process."""
    gc.unfreeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, in a shuffled order, too."""
    items.sort(key=lambda item: _turn(_file(item.nodeid)))


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a home for all that this process and those that it starts keep."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKLIME_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def _one_reader() -> Iterator[None]:
    """Read tables and models in one limited process, which is replaced when a file ends it.

    Starting one for each file takes longer than most tests.
    """
    from sparklime_core.limited.process import LimitedProcess
    from tests.limited_calls import call_by

    with LimitedProcess() as process, call_by(process.call):
        yield


@pytest.fixture
def _a_reader_each() -> Iterator[None]:
    """Read each table and model in a limited process of its own, as the product does."""
    from sparklime_core.limited.process import call_limited
    from tests.limited_calls import call_by

    with call_by(call_limited):
        yield


@pytest.fixture(scope="session")
def mlflow() -> ModuleType:
    """Import MLflow in the process that tests it: it takes two seconds, and each process imports all tests."""
    return importlib.import_module("mlflow")
