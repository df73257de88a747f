"""``python steady.py FOLDER``: a run of many small waves; print what the driver holds after each of them."""

import json
import sys
import threading
import weakref
from pathlib import Path

import psutil
import pyarrow as pa

from benchmarks.million import make_run
from sparklime_core import connect
from sparklime_core.jobs import runner
from sparklime_core.spark.waves import wave_kinds

ROWS = 30_000
wave_kinds.WAVE_BYTES = 128 * 1024

run, inputs = make_run(Path(sys.argv[1]) / "run", ROWS, num_samples=100, trees=5)
waves, looks = [], []


def noted(_):
    looks.append(
        {
            "arrow": pa.total_allocated_bytes(),
            "resident": psutil.Process().memory_info().rss,
            "waves": sum(wave() is not None for wave in waves),
            "parts": len(list((run.folder / "parts").glob("wave-*.parquet"))),
        }
    )


class Watched(wave_kinds.Wave):
    """A wave that tells when it is no longer held."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        waves.append(weakref.ref(self))


wave_kinds.Wave = Watched
ended = runner.explain_run(connect("local[2]"), run, inputs=inputs, cancel=threading.Event(), on_progress=noted)
sys.stdout.write(json.dumps({"rows": ended.rows_explained, "waves": len(waves), "looks": looks}))
