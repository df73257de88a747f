"""What SparkLIME keeps is its owner's alone."""

import os
import stat

import pytest

from sparklime_core.paths import logs_folder, private_folder
from sparklime_core.spark.session.start_session import _new_log


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_mask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_home_and_all_below_it_is_its_owners(tmp_path, monkeypatch, open_mask):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "above" / "home"))
    log = _new_log()
    home = tmp_path / "above" / "home"
    assert [rights(path) for path in (home, home / "logs", log.parent)] == [0o700] * 3
    assert rights(log) == 0o600


def test_a_home_that_others_could_enter_is_mended(tmp_path, monkeypatch, open_mask):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "home"))
    drivers = logs_folder() / "drivers"
    drivers.mkdir(parents=True)
    above = rights(tmp_path)
    assert rights(drivers) == 0o755
    private_folder(drivers)
    assert [rights(path) for path in (tmp_path / "home", drivers.parent, drivers)] == [0o700] * 3
    assert rights(tmp_path) == above


def test_a_folder_for_everybody_stays_one(tmp_path, monkeypatch, open_mask):
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setenv("SPARKLIME_HOME", str(shared))
    folder = private_folder(logs_folder() / "drivers")
    assert (rights(shared), rights(folder), rights(folder.parent)) == (0o1777, 0o700, 0o700)
