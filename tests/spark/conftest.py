"""Clusters and sessions that the tests share, scripts run as a person runs them, and the command line in here.

One process runs all tests of this folder: it has one session at a time, and starts each cluster once.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.feather
import pytest

from sparklime_core.cli import doctor, explain, explain_table, main
from sparklime_core.data.table_source import sample_csv
from sparklime_core.spark.cluster.local_cluster import LocalCluster
from sparklime_core.spark.session.connect import connect, current, disconnect
from tests.spark.gate import SECONDS, Gate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EMBEDDED = "local[2]"


def run_script(name, *arguments, cwd, env=None):
    """Run a script of this folder in a foreign directory; return its output."""
    command = [sys.executable, str(HERE / name), *map(str, arguments)]
    ended = subprocess.run(
        command, check=False, cwd=cwd, env=env, capture_output=True, text=True, timeout=2 * SECONDS
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@contextlib.contextmanager
def running(*words, **how):
    """Run a process of this project, which is killed where the test fails, and waited for in any case.

    This process has no session on a cluster then: it would hold the cores, and of Spark Connect, a process that it
    starts would inherit the mode.
    """
    _leave_cluster()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *map(str, words)]
    with subprocess.Popen(command, env=environment, text=True, start_new_session=True, **how) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


@dataclass(frozen=True)
class Outcome:
    """What `contract.py` wrote on one kind of master."""

    kind: str
    folder: Path
    report: dict
    cluster: LocalCluster | None

    def table(self, name):
        return pyarrow.feather.read_table(self.folder / f"{name}.feather")


@pytest.fixture(scope="module", autouse=True)
def _cores_for_the_next():
    """Give a cluster's cores back when a file of tests is done with them; embedded Spark takes none."""
    yield
    _leave_cluster()


def _leave_cluster():
    connection = current()
    if connection is not None and not connection.master.is_local:
        disconnect()


@pytest.fixture(scope="session")
def two_workers():
    with LocalCluster.start(workers=2, cores=1, memory="512m") as cluster:
        yield cluster
        disconnect()


@pytest.fixture(scope="session")
def connect_server():
    """A server of Spark Connect on a cluster of its own."""
    with LocalCluster.start(workers=2, cores=1, memory="512m", connect=True) as cluster:
        yield cluster
        disconnect()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    return _outcome("embedded", EMBEDDED, tmp_path_factory, None)


@pytest.fixture(scope="session")
def standalone(two_workers, tmp_path_factory):
    return _outcome("standalone", two_workers.url, tmp_path_factory, two_workers)


@pytest.fixture(scope="session")
def remote(connect_server, tmp_path_factory):
    return _outcome("remote", connect_server.connect_url, tmp_path_factory, connect_server)


@pytest.fixture(params=["embedded", "standalone", "remote"])
def outcome(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["standalone", "remote"])
def spread(request):
    """What was written where there are two executors."""
    return request.getfixturevalue(request.param)


def _outcome(kind, master, factory, cluster):
    folder, elsewhere = factory.mktemp(kind), factory.mktemp("elsewhere")
    disconnect()
    run_script("contract.py", master, folder, cwd=elsewhere)
    return Outcome(kind, folder, json.loads((folder / "report.json").read_text()), cluster)


@pytest.fixture
def gate(tmp_path):
    """A gate that is open when the test has ended, so that nobody waits at it for ever."""
    folder = tmp_path / "gate"
    folder.mkdir()
    gate = Gate(folder)
    yield gate
    gate.open()


@pytest.fixture
def wine_folder(tmp_path, monkeypatch):
    """A directory that is not the project's, with wine.csv in it, as the current one."""
    (tmp_path / "wine.csv").write_bytes(sample_csv("wine"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Ended:
    """How a command has ended, and what it printed."""

    code: int
    output: str
    errors: str


@contextlib.contextmanager
def _kept_session(master, line, archive=None, conf: Mapping[str, str] | None = None):
    """Stand for `options.session`, and leave the session to the next command on the same master."""
    line.say(f"connecting to {master}")
    yield connect(master, archive=archive, conf=conf)


def run_command(*words):
    """Run a command in this process, in the session that the last one has left; return how it ended."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        for command in (explain, explain_table, doctor):
            patch.setattr(command, "session", _kept_session)
        code = main([str(word) for word in words])
    return Ended(code, *(stream.buffer.getvalue().decode() for stream in (output, errors)))


def done(*words):
    """Run a command that must succeed; return what it printed."""
    ended = run_command(*words)
    assert ended.code == 0, ended.errors
    return ended.output


def refused(*words):
    """Run a command that must be refused; return the one sentence."""
    ended = run_command(*words)
    assert ended.code == 2, ended.output + ended.errors
    assert ended.errors.startswith("sparklime: ")
    assert ended.errors.count("\n") == 1
    assert "Traceback" not in ended.errors
    return ended.errors.removeprefix("sparklime: ").rstrip("\n")


def weights_of(explanations):
    """Return the conditions and weights of explanations."""
    return [[(term["feature_explanation"], term["weight"]) for term in row] for row in explanations]


def asked(df, column):
    """Return what a column of explanations holds, as conditions and weights."""
    return weights_of([row[0] for row in df.select(column).collect()])
