"""``gated_command.py GATE ROW WORDS...``: the command line, whose model waits at a gate for a row of wine."""

import signal
import sys
from pathlib import Path

from sparklime_core import load_sample
from sparklime_core.cli import explain_table, main
from sparklime_core.explain.types import predict_fn_of
from sparklime_core.jobs import runner
from tests.spark.gate import Gate

# A shell lets commands in the background ignore Ctrl-C, and the tests may run in one.
signal.signal(signal.SIGINT, signal.default_int_handler)
gate, row = Gate(Path(sys.argv[1])), load_sample("wine").features[int(sys.argv[2])]
for command in (runner, explain_table):
    command.predict_fn_of = lambda estimator: gate.guard(predict_fn_of(estimator), row)
sys.exit(main(sys.argv[3:]))
