"""``sparklime prepare``: Spark's JVM takes its classes from the archive that it makes."""

import subprocess
import sys
from pathlib import Path

import pytest

from sparklime_core import connect
from sparklime_core.cli import main
from sparklime_core.spark.session.connect import current
from sparklime_core.spark.session.java import SPARK_HOME, archive_files, quick_start
from sparklime_core.spark.session.jvm import spark_environment
from tests.lacking import lacking
from tests.spark.conftest import EMBEDDED

pytestmark = pytest.mark.spark


def test_a_session_has_its_classes_from_the_archive():
    """Java ignores an archive that does not fit without a word; each session then costs twice as much."""
    archives = archive_files()
    if not all(path.is_file() for path in archives):
        lacking("there is no archive of Spark's classes, which `sparklime prepare` makes")
    connect(EMBEDDED)
    mapped = Path(f"/proc/{current().gateway.process.pid}/maps").read_text()
    assert all(str(path) in mapped for path in archives)


@pytest.mark.slow
def test_sparks_classes_come_from_the_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert main(["prepare"]) == 0

    log = tmp_path / "classes.log"
    options = f"{quick_start()} -Xlog:class+load:file={log}"
    command = [SPARK_HOME / "bin" / "spark-class", "org.apache.spark.deploy.master.Master", "--help"]
    subprocess.run(command, env={**spark_environment(), "SPARK_DAEMON_JAVA_OPTS": options}, check=False)

    loaded = [line for line in log.read_text().splitlines() if " org.apache.spark." in line]
    archived = [line for line in loaded if "shared objects file" in line]
    assert len(archived) > len(loaded) / 4
