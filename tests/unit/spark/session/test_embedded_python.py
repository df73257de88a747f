"""Another Python for embedded Spark: real ones, with and without packages."""

import sys

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.session.connect import connect
from sparklime_core.spark.session.embedded_python import check_python


@pytest.fixture
def python(tmp_path):
    """Return a program that runs a command, named by its path."""

    def make(command):
        program = tmp_path / "python"
        program.write_text(f'#!/bin/sh\n{command} "$@"\n')
        program.chmod(0o700)
        return str(program)

    return make


def test_this_python_by_another_name_is_taken(python):
    check_python(sys.executable)
    check_python(python(f"exec {sys.executable}"))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"exec {sys.executable} -I -S", "which has no numpy, scipy"),
        ("exit 3 #", "which does not run; unset both"),
        ("echo hello #", "which does not run"),
        ("echo '[\"3.1.4\", []]' #", "which is Python 3.1.4, and SparkLIME runs Python"),
    ],
)
def test_a_python_that_cannot_explain_is_refused_before_spark_starts(python, command, words, monkeypatch):
    monkeypatch.setenv("PYSPARK_PYTHON", python(command))
    with pytest.raises(SparkError, match="PYSPARK_PYTHON or") as refused:
        connect("local[1]")
    assert words in str(refused.value)


def test_a_program_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SparkError, match="does not run"):
        check_python(str(tmp_path / "absent"))
