"""Clusters and sessions that the tests share, scripts run as a person runs them, and the command line in here.

A process has one session at a time, and starts a cluster again only where a test has ended it.
"""

import contextlib
import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.feather
import pytest

from sparklime_core.cli import doctor, explain, explain_table, main
from sparklime_core.data.table_source import sample_csv
from sparklime_core.spark.cluster.local_cluster import ClusterRecord, find_cluster
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
class Cluster:
    """A cluster that the command `sparklime cluster` serves, and what it has printed."""

    process: subprocess.Popen
    url: str
    logs: Path
    known: ClusterRecord

    def alive(self):
        return self.process.poll() is None

    def interrupt(self):
        """End the command as Ctrl-C does; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


@dataclass(frozen=True)
class Outcome:
    """What `contract.py` wrote on one kind of master."""

    kind: str
    folder: Path
    report: dict
    cluster: Cluster | None

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
def sound_cluster():
    yield from _sound()


@pytest.fixture(scope="session")
def sound_server():
    yield from _sound("--connect")


def _sound(*options):
    """Yield a function that returns a cluster of two workers: a new one where a test has ended the last."""
    clusters = []
    with contextlib.ExitStack() as started:

        def sound():
            if not clusters or not clusters[-1].alive():
                clusters.append(started.enter_context(_served(*options)))
            return clusters[-1]

        yield sound
        disconnect()


@contextlib.contextmanager
def _served(*options):
    words = ["cluster", "--workers", 2, "--cores", 1, "--memory", "512m", *options]
    with running("sparklime_core", *words, stdout=subprocess.PIPE) as process:
        url, facts = process.stdout.readline().strip(), process.stdout.readline()
        assert url, "the cluster has not started"
        logs = re.search(r"logs in (.+); Ctrl-C ends it", facts)[1]
        cluster = Cluster(process, url, Path(logs), find_cluster(url))
        yield cluster
        if cluster.alive():
            cluster.interrupt()


@pytest.fixture
def two_workers(sound_cluster):
    return sound_cluster()


@pytest.fixture
def connect_server(sound_server):
    """A server of Spark Connect on a cluster of its own."""
    return sound_server()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    return _outcome("embedded", EMBEDDED, tmp_path_factory, None)


@pytest.fixture(scope="session")
def standalone(sound_cluster, tmp_path_factory):
    cluster = sound_cluster()
    return _outcome("standalone", cluster.url, tmp_path_factory, cluster)


@pytest.fixture(scope="session")
def remote(sound_server, tmp_path_factory):
    server = sound_server()
    return _outcome("remote", server.url, tmp_path_factory, server)


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
    if cluster is None:
        run_script("contract.py", master, folder, cwd=elsewhere)
    else:
        _run_here("contract.py", master, folder, cwd=elsewhere)
    return Outcome(kind, folder, json.loads((folder / "report.json").read_text()), cluster)


def _run_here(name, *arguments, cwd):
    """Run a script of this folder in this process, in a foreign directory, and leave its session."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are no errors of a script
        patch.chdir(cwd)
        patch.syspath_prepend(HERE)
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(HERE / name), run_name="__main__")


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
    kept = current()
    if kept is not None and kept.master.text == master and archive is None:
        conf = conf or kept.conf
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
