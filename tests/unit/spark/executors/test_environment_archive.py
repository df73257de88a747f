"""Packing an environment: what goes into the archive, and what is said when it cannot."""

import os
import subprocess
import sys
import tarfile

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.spark.executors import environment_archive
from sparklime_core.spark.executors.environment_archive import archive_conf, pack_environment


def test_an_archive_holds_a_python_and_what_packages_ask_for(tmp_path, monkeypatch):
    monkeypatch.setattr(environment_archive, "NEEDED_PACKAGES", ("dill", "python-dateutil"))
    target = tmp_path / "made" / "env.tar.gz"
    packed = pack_environment(target, further=["tqdm"])
    names = [name.partition("==")[0] for name in packed]
    assert {"dill", "python-dateutil", "threadpoolctl", "tqdm"} <= set(names)
    assert not {"numpy", "sparklime", "pyspark"} & set(names)
    with tarfile.open(target) as archive:
        members = archive.getnames()
        assert os.path.realpath(archive.getmember("bin/python").linkname) == os.path.realpath(sys.executable)
        assert b"include-system-site-packages = false" in archive.extractfile("pyvenv.cfg").read()
    here = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    assert f"{here}/dill/__init__.py" in members
    assert f"{here}/threadpoolctl.py" in members
    assert not [name for name in members if ".." in name or name.startswith("/") or "/tests/" in name]
    assert [path.name for path in target.parent.iterdir()] == ["env.tar.gz"]


def test_a_unpacked_archive_is_a_python_with_these_packages(tmp_path, monkeypatch):
    monkeypatch.setattr(environment_archive, "NEEDED_PACKAGES", ("dill",))
    pack_environment(tmp_path / "env.tar.gz")
    with tarfile.open(tmp_path / "env.tar.gz") as archive:
        archive.extractall(tmp_path / "environment", filter="fully_trusted")
    python = tmp_path / "environment" / "bin" / "python"
    asked = [python, "-c", "import dill, sys; print(dill.__file__)"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    assert told.startswith(str(tmp_path / "environment"))


@pytest.mark.parametrize(
    ("name", "further", "said"),
    [
        ("env.zip", (), "must be a .tar.gz file, not 'env.zip'"),
        ("env.tar.gz", ("no-such-package",), "'no-such-package' is not installed here"),
        ("file/env.tar.gz", (), "cannot be written"),
    ],
)
def test_what_cannot_be_packed_is_said(tmp_path, monkeypatch, name, further, said):
    monkeypatch.setattr(environment_archive, "NEEDED_PACKAGES", ("dill",))
    (tmp_path / "file").write_text("")
    with pytest.raises(SparkLimeError, match=said):
        pack_environment(tmp_path / name, further=further)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_executors_run_the_python_of_an_archive(tmp_path):
    (tmp_path / "env.tar.gz").write_bytes(b"")
    conf = archive_conf(tmp_path / "env.tar.gz")
    assert conf["spark.archives"] == f"{tmp_path / 'env.tar.gz'}#environment"
    assert conf["spark.pyspark.python"] == "./environment/bin/python"
    assert archive_conf("s3a://bucket/env.tar.gz")["spark.archives"] == "s3a://bucket/env.tar.gz#environment"
    with pytest.raises(SparkLimeError, match="There is no archive"):
        archive_conf(tmp_path / "nothing.tar.gz")
