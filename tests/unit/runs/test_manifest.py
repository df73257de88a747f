"""What a run says of itself."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.process_identity import Owner
from sparklime_core.runs.manifest import RunState


def test_a_run_whose_process_is_gone_is_interrupted(run):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    assert run.manifest().state is RunState.RUNNING
    run.update(owner=dataclasses.replace(Owner.this_process(), pid=gone.pid))
    assert run.manifest().state is RunState.INTERRUPTED
    run.take_over()
    assert run.manifest().owner.pid == os.getpid()
    assert run.manifest().state is RunState.RUNNING


def test_a_damaged_manifest_is_one_sentence(run):
    (run.folder / "run.json").write_text('{"title": 1')
    with pytest.raises(SparkLimeError, match="not the manifest"):
        run.manifest()


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("rows", "many", "rows is not a whole number"),
        ("rows", -1, "rows is below 0"),
        ("explain", {"engine": "exact"}, "explain.labels is missing"),
        ("explainer", {"discretizer": "quartile", "kernel_width": None, "magic": 1}, "unknown setting magic"),
        ("data", {}, "data.name is missing"),
        ("versions", [], "versions is not an object"),
        ("state", "odd", "state: Invalid enum value 'odd'"),
    ],
)
def test_a_damaged_entry_is_named(run, place, value, sentence):
    path = run.folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), place: value}))
    with pytest.raises(SparkLimeError, match=re.escape(sentence)):
        run.manifest()
