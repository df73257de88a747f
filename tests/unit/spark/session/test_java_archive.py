"""Spark's JVMs start from the archive of its classes where there is one; nothing half-made is left of another."""

import sys
from pathlib import Path

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.atomic_files import EXECUTABLE, write_file
from sparklime_core.spark.session import java as java_module
from sparklime_core.spark.session.java import (
    COMPILE_ONCE,
    ONE_COLLECTOR,
    archive_files,
    make_class_archive,
    quick_start,
)


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python environment that is empty, on a machine of many cores."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    return tmp_path / "environment"


def test_a_jvm_starts_from_the_archives_when_both_are_there() -> None:
    base, top = archive_files()
    base.parent.mkdir(parents=True)
    assert quick_start() == COMPILE_ONCE
    base.touch()
    assert quick_start() == COMPILE_ONCE
    top.touch()
    assert quick_start() == f"{COMPILE_ONCE} -XX:SharedArchiveFile={base}:{top}"


def test_a_jvm_that_shares_few_cores_has_a_collector_without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.delenv("SPARK_SUBMIT_OPTS", raising=False)
    assert quick_start() == f"{COMPILE_ONCE} {ONE_COLLECTOR}"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1g -XX:+UseZGC")
    assert quick_start() == COMPILE_ONCE


def test_an_archive_belongs_to_one_java_and_one_spark(monkeypatch) -> None:
    before = archive_files()
    monkeypatch.setattr(java_module, "java_version", lambda _home: "another Java")
    other_java = archive_files()
    monkeypatch.setattr(java_module, "SPARK_HOME", Path("elsewhere"))
    assert len({*before, *other_java, *archive_files()}) == 6


@pytest.mark.parametrize("script", ["exit 0", "exit 1", "echo half > ${2#*=}; exit 1"])
def test_a_java_that_makes_no_archive_is_named_and_leaves_nothing(
    tmp_path, environment, monkeypatch, script
) -> None:
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    write_file(java, f"#!/bin/sh\n{script}\n", EXECUTABLE)
    monkeypatch.setattr(java_module, "java_home", lambda: java.parents[1])
    monkeypatch.setattr(java_module, "java_version", lambda _home: "one that makes none")

    with pytest.raises(SparkLimeError, match="made no archive of Spark's classes"):
        make_class_archive()

    assert [path for path in environment.rglob("*") if path.is_file()] == []
