"""What executors lack is known before a run begins."""

from dataclasses import replace
from importlib.metadata import packages_distributions

from sparklime_core.spark.executors import self_report
from sparklime_core.spark.executors.preflight import (
    WAY_OUT,
    blocking_problems,
    differences,
    memory_problems,
)
from sparklime_core.spark.executors.self_report import ExecutorReport


def report(**changes):
    whole = ExecutorReport(
        "1", "host", 5, self_report.python_version(), self_report.package_versions(), 2**33, "/x", 0.1
    )
    return replace(whole, **changes)


def test_an_executor_like_this_process_has_no_problem():
    assert differences([report()]) == []
    assert "executor 1 on host: Python" in report().summary()


def test_problems_are_plain_sentences():
    packages = {**self_report.package_versions(), "numpy": "1.0"}
    del packages["lime"]
    found = differences([report(python="2.7.18", packages=packages, free_memory=2**20)])
    assert len(found) == 5
    assert all(sentence.startswith("Executor 1 on host ") for sentence in found if sentence != WAY_OUT)
    assert all(sentence.endswith(".") for sentence in found)
    assert any("has no lime: install lime==" in sentence for sentence in found)


def test_what_a_model_needs_is_asked_of_executors_only_for_that_model():
    packages = {**self_report.package_versions(), "lightgbm": "0.1"}
    (here,) = packages_distributions()["xgboost"]
    del packages[here]
    bare = report(packages=packages)
    assert differences([bare]) == []
    (lacking,) = blocking_problems([bare], (here,))
    assert lacking.startswith(f"Executor 1 on host has no {here}: install {here}==")
    assert blocking_problems([report(packages=packages | {self_report.STANDS_FOR[here]: "3.2.0"})], (here,)) == []
    (other,) = differences([bare], 0, ("lightgbm",))
    assert other.startswith("Executor 1 on host has lightgbm 0.1, and this process has ")


def test_what_an_executor_lacks_is_one_sentence_and_another_version_no_obstacle():
    packages = {**self_report.package_versions(), "numpy": "1.0"}
    del packages["lime"], packages["scikit-learn"]
    (found,) = blocking_problems([report(packages=packages)])
    assert found.startswith("Executor 1 on host has no scikit-learn, lime: install scikit-learn==")
    assert blocking_problems([report(packages={**self_report.package_versions(), "numpy": "1.0"})]) == []


def test_executors_of_a_machine_share_its_memory():
    two = [report(executor=name, free_memory=2**30, cores=2) for name in ("1", "2")]
    assert memory_problems(two, 120 * 2**20) == []
    (found,) = memory_problems(two, 200 * 2**20)
    assert found.startswith(
        "The host host has 1024 MB of memory left, and its 4 Python workers need about 1600 MB"
    )
    assert memory_problems([report(free_memory=None)], 2**40) == []
