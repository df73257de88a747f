"""The clusters of this machine."""

import json
import os
from dataclasses import replace

from sparklime_core.spark.cluster.registry import ClusterRecord, clusters_folder, find_cluster


def test_a_running_cluster_is_found_by_its_url(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
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
