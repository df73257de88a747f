"""What a run says of itself."""

import dataclasses
import os
import subprocess
import sys

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.runs.manifest import Owner, RunState


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
