"""The command line on embedded Spark: a run that is interrupted and resumed, and one that is repeated."""

import os
import runpy
import shlex
import signal
import subprocess
import sys

import pytest

from sparklime_core.runs.run import Run
from tests.spark.conftest import EMBEDDED, done, run_command, running
from tests.spark.gate import wait_for
from tests.spark.test_commands import WINE, explanations

pytestmark = pytest.mark.spark


def test_an_interrupted_run_ends_with_130_and_is_resumed_to_the_same_bits(wine_folder, gate):
    words = [*WINE, "--engine", "reference", "--rows", "32"]
    run = Run(wine_folder / "cut")
    with running(
        *("tests.spark.gated_command", gate.folder, 31),
        *(*words, "--out", "cut", "--master", "local[1]"),
        stderr=subprocess.PIPE,
    ) as command:
        wait_for(lambda: command.poll() is not None or (gate.waiting() and run.block_files()))
        os.killpg(command.pid, signal.SIGINT)
        errors = command.stderr.read()
    assert command.returncode == 130, errors
    assert "Traceback" not in errors
    manifest = run.manifest()
    assert manifest.state.value == "cancelled"
    assert 0 < manifest.rows_explained < 32
    done("explain", "--resume", "--out", "cut", "--master", EMBEDDED)
    done(*words, "--out", "whole", "--master", EMBEDDED)
    assert explanations(wine_folder / "cut").equals(explanations(wine_folder / "whole"))


def test_a_run_says_how_to_repeat_it_to_the_last_bit(wine_folder, monkeypatch):
    chosen = ["--model", "extra_trees", "--rows", "test", "--model-seed", "4", "--discretizer", "decile"]
    done(*WINE, *chosen, "--out", "first", "--master", EMBEDDED)
    command = done("export", "first", "--as", "command")
    other = wine_folder / "elsewhere"
    other.mkdir()
    (other / "wine.csv").write_bytes((wine_folder / "wine.csv").read_bytes())
    done("export", "first", "--as", "script", "--out", other / "repeat.py")

    monkeypatch.chdir(other)
    done(*shlex.split(command)[1:])
    monkeypatch.setattr(sys, "argv", ["repeat.py"])
    runpy.run_path("repeat.py", run_name="__main__")

    first = explanations(wine_folder / "first")
    assert first.equals(explanations(other / "repeated"))
    assert first.equals(explanations(other))


def test_traps_are_said_on_standard_error_and_change_nothing_else(wine_folder):
    header, *lines = (wine_folder / "wine.csv").read_text().splitlines()
    given_away = [f"{line},{line.rsplit(',', 1)[1]}-kind" for line in lines]
    (wine_folder / "leak.csv").write_text("\n".join([f"{header},kind", *given_away]))

    words = ["explain", "leak.csv", *WINE[2:], "--role", "kind=categorical", "--rows", "4"]
    ended = run_command(*words, "--out", "leak", "--master", EMBEDDED)

    assert ended.code == 0
    assert ended.output.startswith("4 rows explained in ")
    warnings = [line for line in ended.errors.splitlines() if line.startswith("sparklime: warning: ")]
    assert "kind" in " ".join(warnings)
