"""The settings of a session."""

import sys
from dataclasses import replace
from pathlib import Path

from sparklime_core.spark.cluster.local_cluster import ClusterRecord
from sparklime_core.spark.session.master import parse_master
from sparklime_core.spark.session.spark_conf import daemon_conf, executors_python, session_conf, without_secrets


def test_settings_fit_the_workers_and_keep_secrets_off_the_command_line():
    known = ClusterRecord("spark://127.0.0.1:1", "", (), "s3cret", 1, 2, (3,))
    workers = [{"memory": 4096}, {"memory": 768}]
    conf = session_conf(parse_master("spark://127.0.0.1:1"), "mine", "127.0.0.1", workers, known)
    assert conf["spark.executor.memory"] == "768m"
    assert conf["spark.authenticate.secret"] == "s3cret"
    assert conf["spark.executorEnv.OPENBLAS_NUM_THREADS"] == "1"
    told = without_secrets(conf)
    assert "s3cret" not in told.values()
    assert told["spark.driver.host"] == "127.0.0.1"


def test_spark_leaves_no_folder_where_one_works(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "home"))
    setting = "spark.sql.warehouse.dir"
    wanted = (tmp_path / "home" / "warehouse").as_uri()
    own = ClusterRecord("spark://127.0.0.1:1", "", (), "s3cret", 1, 2, (3,))
    assert session_conf(parse_master("local[2]"), "mine", None, (), None)[setting] == wanted
    assert session_conf(parse_master("spark://127.0.0.1:1"), "mine", None, (), own)[setting] == wanted
    assert setting not in session_conf(parse_master("spark://elsewhere:1"), "mine", None, (), None)


def test_the_python_of_the_executors(monkeypatch):
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    assert executors_python({}) == sys.executable
    assert executors_python({"spark.pyspark.python": "./env/bin/python"}) == "./env/bin/python"
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    assert executors_python({}) == "/opt/python"


def test_workers_are_forked_with_all_imported_where_the_executors_are_here_and_run_this_python(monkeypatch):
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    embedded, elsewhere = parse_master("local[2]"), parse_master("spark://127.0.0.1:1")
    earlier = ClusterRecord("spark://127.0.0.1:1", "", (), "s3cret", 1, 2, (3,))
    known = replace(earlier, python_path="/package:/mine")
    conf = daemon_conf(embedded, None, {})
    assert (Path(conf["spark.executorEnv.PYTHONPATH"]) / f"{conf['spark.python.daemon.module']}.py").is_file()
    folder = conf["spark.executorEnv.PYTHONPATH"]
    assert daemon_conf(elsewhere, known, {}) == {
        **conf,
        "spark.executorEnv.PYTHONPATH": f"{folder}:/package:/mine",
    }
    assert daemon_conf(elsewhere, earlier, {}) == {}
    assert daemon_conf(elsewhere, None, {}) == {}
    assert daemon_conf(embedded, None, {"spark.pyspark.python": "./env/bin/python"}) == {}
    assert daemon_conf(embedded, None, {"spark.executorEnv.PYTHONPATH": "/mine"}) == {}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert daemon_conf(embedded, None, {}) == {}
