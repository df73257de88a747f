"""Real uploads, damaged at random: each ends in a result or in one of our errors, within memory and time.

``SPARKLIME_FUZZ_SECONDS`` is how long that may take in all: 30 unless it is set, and then with as many damaged
files of a kind as hypothesis has examples in its profile.
"""

import contextlib
import gzip
import io
import os
import shutil
import time
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.data.read_table import read_table
from sparklime_core.errors import LimitError
from sparklime_core.limited.limits import GIB, Limits
from sparklime_core.limited.process import LimitedProcess
from sparklime_core.models.model_files import load_estimator
from sparklime_core.runs.filter.translations import read_filter
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.session.master import parse_master
from tests.finished_run import make_run

SECONDS = float(os.environ.get("SPARKLIME_FUZZ_SECONDS", "30"))
KINDS = 13
MOST = settings().max_examples
ROWS = np.random.default_rng(0).normal(size=(40, 3))

CSV = b'name,"a quoted, name",y\n' + b'1.5,"x ""y"" z",yes\n2,"line\nbreak",no\n,,yes\n' * 5
FILTERS = "value0.1_2~label1~p0.5_0.9~weight2.-1_1"
MASTERS = ("local[2]", "spark://127.0.0.1:7077,127.0.0.2:7077", "sc://localhost:15002/;token=x")
"""What is mutated besides files."""

SPLICES = (
    b"\0",
    b'"',
    b"\n",
    b",",
    b"\xff\xfe",
    b"PAR1",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"}",
    b"NaN",
    b"-1",
    b"9" * 30,
)


@st.composite
def mutations(draw):
    """Return what is done to some bytes: positions in shares of the length, and what comes there."""
    change = st.tuples(
        st.floats(0, 1), st.sampled_from(["set", "insert", "cut", "end", "repeat"]), st.sampled_from(SPLICES)
    )
    return draw(st.lists(change, min_size=1, max_size=4))


def mutated(data, changes):
    """Return bytes as mutations leave them."""
    for share, how, splice in changes:
        at = int(share * max(len(data) - 1, 0))
        match how:
            case "set":
                data = data[:at] + splice + data[at + len(splice) :]
            case "insert":
                data = data[:at] + splice + data[at:]
            case "cut":
                data = data[:at] + data[at + len(splice) :]
            case "end":
                data = data[: max(at, 1)]
            case "repeat":
                data = data[:at] + data[max(0, at - 40) : at] * 3 + data[at:]
    return data


def fuzzed(function):
    """Give a function mutations for its share of the time; each ends in a result or a `SparkLimeError`."""
    began = []

    @settings(
        max_examples=max(MOST, int(100 * SECONDS / KINDS)) if "SPARKLIME_FUZZ_SECONDS" in os.environ else MOST,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(changes=mutations())
    def test(changes):
        began.append(time.monotonic())
        if began[-1] - began[0] < SECONDS / KINDS:
            with contextlib.suppress(SparkLimeError):
                function(changes)

    return test


def parquet():
    file = io.BytesIO()
    table = pa.table(
        {"a": [1.5, None, 3] * 9, "b": pa.array(["x", "y", None] * 9).dictionary_encode(), "y": [1, 2, 1] * 9}
    )
    pq.write_table(table, file)
    return file.getvalue()


def packed():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", CSV)
    return file.getvalue()


TABLES = {"csv": CSV, "parquet": parquet(), "zip": packed(), "gzip": gzip.compress(CSV)}


@pytest.mark.parametrize("kind", TABLES)
def test_a_damaged_table_is_read_or_refused(kind):
    @fuzzed
    def read(changes):
        read_table(mutated(TABLES[kind], changes))

    read()


@pytest.mark.parametrize("estimator", [RandomForestClassifier, HistGradientBoostingClassifier])
def test_a_damaged_model_is_opened_or_refused(tmp_path, estimator):
    sizes = {"n_estimators": 2, "max_depth": 2} if estimator is RandomForestClassifier else {"max_iter": 2}
    whole = skops.io.dumps(estimator(**sizes).fit(ROWS, ROWS[:, 0] > 0))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    @fuzzed
    def load(changes):
        named = sorted(files)[int(changes[0][0] * (len(files) - 1))]
        with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, mutated(data, changes) if name == named else data)
        load_estimator(tmp_path / "model.skops", ROWS)

    load()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a finished run."""
    wine = load_sample("wine")
    return make_run(
        RunStore(tmp_path_factory.mktemp("runs")), wine, train_forest(wine, n_estimators=2), rows=4
    ).folder


def open_run(_, folder):
    """Open a run as the pages do."""
    run = Run(folder)
    run.manifest()
    run.inputs()


@pytest.mark.parametrize("name", ["run.json", "data.parquet", "model.skops"])
def test_a_damaged_run_is_opened_or_refused(finished, tmp_path, name):
    shutil.copytree(finished, tmp_path / "run")
    whole = (finished / name).read_bytes()
    with LimitedProcess() as process:

        @fuzzed
        def look(changes):
            (tmp_path / "run" / name).write_bytes(mutated(whole, changes))
            limits = Limits(2 * GIB, 60.0)
            try:
                process.call(open_run, tmp_path / "run", limits=limits, work="Opening the run")
            except LimitError as error:  # of the run's own model it is a refusal, of everything else a fault
                if not str(error).startswith("Opening the model"):
                    raise AssertionError(str(error)) from error

        look()


def test_a_damaged_link_is_a_filter_or_refused():
    @fuzzed
    def read(changes):
        read_filter(mutated(FILTERS.encode(), changes).decode("utf-8", errors="replace"), 4, 3)

    read()


@pytest.mark.parametrize("master", MASTERS)
def test_a_damaged_master_is_one_or_refused(master):
    @fuzzed
    def parse(changes):
        parse_master(mutated(master.encode(), changes).decode("utf-8", errors="replace"))

    parse()
