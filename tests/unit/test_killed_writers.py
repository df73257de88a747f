"""Whatever is killed while it writes, the same again ends well, and nothing of it is taken for whole."""

import itertools
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from sparklime_core.atomic_files import UNFINISHED
from sparklime_core.cli import main
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.query.compare import comparison_file, summarise
from sparklime_core.runs.query.rows import find_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.cluster.local_cluster import ClusterRecord
from sparklime_core.spark.executors import prewarm
from sparklime_core.spark.session.java import wrapped_home
from tests.explain_here import TABLE, explain_here, explain_run_here
from tests.killing import killed_at_every_change

RECORD = ClusterRecord("spark://127.0.0.1:1", "http://127.0.0.1:2", (), "secret", 1, 2, (3,))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made")
    (home / "table.csv").write_text(TABLE)
    assert explain_here(home) == 0
    return home


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Callable[[], Path]:
    numbers = itertools.count()

    def folder() -> Path:
        return shutil.copytree(made, tmp_path / str(next(numbers)))

    return folder


def index(folder: Path) -> str:
    with mock.patch("os.fsync"):
        return find_rows(Run(folder / "out"), RowFilter(), limit=99).to_csv()


def compare(folder: Path) -> str:
    run = Run(folder / "out")
    with mock.patch("os.fsync"):
        return str(summarise(comparison_file(run, run, folder / "comparisons")))


def export(folder: Path) -> str:
    with mock.patch("os.fsync"):
        assert main(["export", str(folder / "out"), "--as", "csv", "--out", str(folder / "out.csv")]) == 0
    return (folder / "out.csv").read_text()


def package(folder: Path) -> list[str]:
    prewarm.package_zip.cache_clear()
    with mock.patch.dict("os.environ", SPARKLIME_HOME=str(folder)), mock.patch("os.fsync"):
        path = prewarm.package_zip()
    prewarm.package_zip.cache_clear()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def wrap(folder: Path) -> str:
    with mock.patch.dict("os.environ", SPARKLIME_HOME=str(folder)):
        java = wrapped_home(Path("/bin/echo")) / "bin" / "java"
    command = [java, "--add-modules=jdk.incubator.vector", "-version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def record(folder: Path) -> ClusterRecord:
    RECORD.write(folder)
    return ClusterRecord.read(folder)


def archive(folder: Path) -> list[str]:
    from sparklime_core.spark.executors import environment_archive

    with mock.patch.object(environment_archive, "NEEDED_PACKAGES", ("filelock",)):
        environment_archive.pack_environment(folder / "env.tar.gz")
    with tarfile.open(folder / "env.tar.gz") as packed:
        return packed.getnames()


@pytest.mark.parametrize("write", [index, compare, export, package, wrap, record, archive])
def test_what_is_killed_is_written_again(fresh, write) -> None:
    wanted = write(fresh())
    changes = 0
    for changes, folder in killed_at_every_change(write, fresh):
        assert write(folder) == wanted, changes
        assert not list(folder.rglob(f"*{UNFINISHED}")), changes
    assert changes > 3


def store_a_run(folder: Path, manifest: Manifest, inputs: Inputs) -> None:
    with mock.patch("os.fsync"):
        RunStore(folder / "runs").create(manifest, inputs)


def test_a_run_of_the_page_that_is_killed_is_listed_and_deleted_or_finished(fresh, made) -> None:
    manifest, inputs = Run(made / "out").manifest(), Run(made / "out").inputs()
    states = set()
    for _, folder in killed_at_every_change(store_a_run, fresh, manifest, inputs):
        store = RunStore(folder / "runs")
        for run in store.runs():
            state = run.manifest().state if (run.folder / "run.json").exists() else RunState.HALF_MADE
            states.add(state)
            if state is RunState.INTERRUPTED:
                run.take_over()
                assert explain_run_here(None, run, inputs=inputs).rows_explained == 24
            store.delete(run.id)
        assert not store.runs()
    assert states == {RunState.HALF_MADE, RunState.INTERRUPTED}


def delete(folder: Path) -> None:
    RunStore(folder).delete("out")


def test_a_run_that_is_half_deleted_is_deleted(fresh) -> None:
    for change, folder in killed_at_every_change(delete, fresh):
        if (folder / "out" / "run.json").exists():
            delete(folder)
        assert not (folder / "out" / "run.json").exists(), change
