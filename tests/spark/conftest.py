"""Real sessions and clusters, and scripts run as a person runs them: elsewhere, each in its own process."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.feather
import pytest

from sparklime_core.spark.cluster.local_cluster import LocalCluster

HERE = Path(__file__).parent


def run_script(name, *arguments, cwd, env=None, timeout=400):
    """Run a script of this folder in a foreign directory; return its output."""
    command = [sys.executable, str(HERE / name), *map(str, arguments)]
    ended = subprocess.run(command, check=False, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@dataclass(frozen=True)
class Outcome:
    """What `contract.py` wrote on one kind of master."""

    kind: str
    folder: Path
    report: dict
    cluster: LocalCluster | None

    def table(self, name):
        return pyarrow.feather.read_table(self.folder / f"{name}.feather")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    return _outcome("embedded", "local[2]", tmp_path_factory, None)


@pytest.fixture(scope="session")
def standalone(tmp_path_factory):
    with LocalCluster.start(workers=2, cores=1, memory="512m") as cluster:
        yield _outcome("standalone", cluster.url, tmp_path_factory, cluster)


@pytest.fixture(scope="session")
def remote(tmp_path_factory):
    """Spark Connect: a server on a cluster of its own."""
    with LocalCluster.start(workers=2, cores=1, memory="512m", connect=True) as cluster:
        yield _outcome("remote", cluster.connect_url, tmp_path_factory, cluster)


@pytest.fixture(params=["embedded", "standalone", "remote"])
def outcome(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["standalone", "remote"])
def spread(request):
    """What was written where there are two executors."""
    return request.getfixturevalue(request.param)


def _outcome(kind, master, factory, cluster):
    folder, elsewhere = factory.mktemp(kind), factory.mktemp("elsewhere")
    run_script("contract.py", master, folder, cwd=elsewhere)
    return Outcome(kind, folder, json.loads((folder / "report.json").read_text()), cluster)
