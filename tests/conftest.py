"""How the tests are divided between processes, and a home of their own for each process.

Tests that share a cluster or a browser stay in one process, which starts it once; all others go file by file.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile("quick", max_examples=30)
hypothesis.settings.register_profile("thorough", max_examples=150)
hypothesis.settings.load_profile("quick")

TOGETHER = ("tests/spark", "tests/browser")
"""Folders whose tests run in one process; they come first, as they take longest."""


class _FolderOrFile(LoadScopeScheduling):
    """A process is handed a whole folder of `TOGETHER`, or a whole file."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def _scope(nodeid: str) -> str:
    file = PurePosixPath(nodeid.partition("::")[0])
    return next((folder for folder in TOGETHER if PurePosixPath(folder) in file.parents), str(file))


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Divide the tests by folder or file; in their order, and not the files with most tests first."""
    config.option.loadscopereorder = False
    return _FolderOrFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, in a shuffled order, too."""
    items.sort(
        key=lambda item: TOGETHER.index(scope) if (scope := _scope(item.nodeid)) in TOGETHER else len(TOGETHER)
    )


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a home for all that this process and those that it starts keep."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKLIME_HOME", str(folder))
        yield folder
