"""Which masters a person on the page may choose, and who gets the token."""

import os

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.jobs import spark_connection
from sparklime_core.jobs.spark_connection import SparkService, check_allowed, most_threads
from sparklime_core.spark.session.connect_session import Channel


@pytest.mark.parametrize(
    "master", ["local[2]", "spark://127.0.0.1:7077", "sc://127.0.0.1", "sc://localhost:15002/;use_ssl=true"]
)
def test_masters_on_this_machine_are_allowed(master):
    check_allowed(master)


@pytest.mark.parametrize("master", [
    "spark://far:7077", "sc://far:15002", "sc://127.0.0.1.far:15002", "spark://127.0.0.1:1,far:7077",
    "spark://localhost:1,127.0.0.1:2,far:7077", "spark://far:1,near:2", "spark://[::1]:7077", "sc://0.0.0.0:1",
    "yarn", "k8s://https://far:6443", "k8s://https://127.0.0.1:6443", "k8s://localhost:1",
])  # fmt: skip
def test_others_are_allowed_by_the_operator_alone(master, monkeypatch):
    service = SparkService()
    with pytest.raises(SparkError, match="ask for it to be added to SPARKLIME_MASTERS"):
        service.choose(master)
    monkeypatch.setenv("SPARKLIME_MASTERS", f"spark://other:7077, {master}")
    service.choose(master)
    assert service.status().master == master


@pytest.mark.parametrize(
    "master", ["spark://127.0.0.1：7077", "spark://127.0.0.1:1,", "yarn-client", "local[0]", "sc://x#y:1"]
)
def test_what_is_no_master_is_a_sentence(master):
    with pytest.raises(SparkError, match="The master must be"):
        SparkService().choose(master)


def test_one_of_several_allowed_addresses_is_not_allowed_alone(monkeypatch):
    monkeypatch.setenv("SPARKLIME_MASTERS", "spark://a:1,b:2 , sc://c:3,yarn, spark://yarn:1,yarn:2,")
    for master in ("spark://a:1,b:2", "sc://c:3", "yarn", "spark://yarn:1,yarn:2"):
        check_allowed(master)
    for master in ("spark://a:1", "spark://b:2", "spark://b:2,a:1", "sc://c:4", "spark://yarn:1", "k8s://c:3"):
        with pytest.raises(SparkError, match="SPARKLIME_MASTERS"):
            check_allowed(master)


def test_one_bound_for_everything_that_a_person_starts_on_this_machine():
    most = most_threads()
    assert most == 4 * os.cpu_count()
    check_allowed(f"local[{most}]")
    for start in (
        lambda: check_allowed(f"local[{most + 1},2]"),
        lambda: SparkService().start_cluster(most + 1, 1, "512m"),
        lambda: SparkService().start_cluster(2, most, "512m"),
    ):
        with pytest.raises(SparkError, match=f"can run {most} tasks at once"):
            start()


@pytest.mark.parametrize(("allowed", "sent"), [("", False), ("sc://127.0.0.1:15002", True)])
def test_the_operators_token_goes_to_the_operators_servers_alone(allowed, sent, monkeypatch):
    asked = {}

    def no_server(master, *, send_token):
        asked[master] = send_token
        raise SparkError("Nothing answers.")

    monkeypatch.setattr(spark_connection, "connect", no_server)
    monkeypatch.setenv("SPARKLIME_MASTERS", allowed)
    service = SparkService()
    service.choose("sc://127.0.0.1:15002")
    with pytest.raises(SparkError):
        service.acquire()
    assert asked == {"sc://127.0.0.1:15002": sent}


def test_a_server_is_sent_no_token_but_the_one_for_it(monkeypatch):
    monkeypatch.setenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", "the operator's")
    assert [Channel("sc://127.0.0.1:15002", token).token for token in (None, "its own")] == [None, "its own"]
