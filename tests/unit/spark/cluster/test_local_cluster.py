"""The size of a cluster on this machine."""

import json
import os
from dataclasses import replace

import pytest

from sparklime_core.errors import ClusterError
from sparklime_core.process_identity import process_start
from sparklime_core.spark.cluster.local_cluster import (
    KEPT_FOLDERS,
    ClusterRecord,
    LocalCluster,
    _new_folder,
    clusters_folder,
    find_cluster,
    memory_megabytes,
)


@pytest.mark.parametrize(("text", "megabytes"), [("1g", 1024), ("512m", 512), (" 2048MB ", 2048), ("2G", 2048)])
def test_memory(text, megabytes):
    assert memory_megabytes(text) == megabytes


@pytest.mark.parametrize("text", ["", "1", "1t", "g", "-1g", "1.5g", "511m", "0g", "1g; rm"])
def test_bad_memory_is_refused(text):
    with pytest.raises(ClusterError, match="worker"):
        memory_megabytes(text)


@pytest.mark.parametrize(
    "numbers", [{"workers": 0}, {"workers": 65}, {"cores": 0}, {"workers": True}, {"cores": 1.5}]
)
def test_bad_sizes_of_a_cluster_are_refused(numbers):
    with pytest.raises(ClusterError, match=r"must be (a whole number|between 1 and)"):
        LocalCluster.start(**numbers)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))


def test_a_running_cluster_is_found_by_its_url():
    running = ClusterRecord(
        "spark://127.0.0.1:1", "http://127.0.0.1:2", ("http://127.0.0.1:3",), "s3cret", os.getpid(), 2, (3,)
    )
    ended = replace(running, url="spark://127.0.0.1:9", supervisor=2**22 + 1)
    for name, cluster in (("a", running), ("b", ended), ("torn", None)):
        folder = clusters_folder() / name
        folder.mkdir(parents=True)
        if cluster:
            cluster.write(folder)
            assert (folder / "cluster.json").stat().st_mode & 0o077 == 0
        else:
            (folder / "cluster.json").write_text("{")
    assert find_cluster(running.url) == running
    assert find_cluster(ended.url) is None
    assert "s3cret" not in repr(running)
    assert json.loads((clusters_folder() / "a" / "cluster.json").read_text())["secret"] == "s3cret"


HERE, THIS = os.getpid(), process_start(os.getpid())
STARTS = pytest.mark.parametrize(
    ("start", "is_same"),
    [(THIS, True), (f"{THIS}0", False), (process_start(1), False)],
    ids=["this process", "another start", "another process"],
)


def record(start: str | None) -> ClusterRecord:
    """Return a cluster whose processes have the number of this one."""
    return ClusterRecord("spark://127.0.0.1:1", "", (), "secret", HERE, HERE, (), None, None, start, start)


@STARTS
def test_a_process_that_has_a_cluster_s_number_by_chance_is_no_cluster(start, is_same) -> None:
    folder = clusters_folder() / "20240102"
    folder.mkdir(parents=True)
    record(start).write(folder)
    assert (find_cluster("spark://127.0.0.1:1") is not None) is is_same
    assert record(start).has_supervisor() is record(start).has_master() is is_same

    for number in range(KEPT_FOLDERS):
        newer = clusters_folder() / f"newer-{number}"
        newer.mkdir()
        os.utime(newer, (2**32, 2**32))
    _new_folder()
    assert folder.exists() is is_same  # the logs of clusters that have ended make room


def test_a_record_of_before_starts_were_kept_is_known_by_its_number() -> None:
    folder = clusters_folder() / "20240102"
    folder.mkdir(parents=True)
    record(None).write(folder)
    fields = json.loads((folder / "cluster.json").read_text())
    old = {name: value for name, value in fields.items() if not name.endswith("_start")}
    (folder / "cluster.json").write_text(json.dumps(old))
    assert find_cluster("spark://127.0.0.1:1") == record(None)
    (folder / "cluster.json").write_text(json.dumps({**old, "supervisor": 2**22 + 1}))
    assert find_cluster("spark://127.0.0.1:1") is None
