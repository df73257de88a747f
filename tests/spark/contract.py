"""What must hold on every kind of master: ``python contract.py MASTER FOLDER``, in any folder.

It writes tables and a report into FOLDER, for the tests to judge. It is a person's script: its
functions and classes live in ``__main__``, as a notebook's do. On embedded Spark it has a process of its own; on
clusters it runs in that of the tests, which go on in its session.
"""

import contextlib
import dataclasses
import json
import os
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
from gate import SECONDS, Gate, kill, wait_for
from lime.lime_tabular import LimeTabularExplainer
from pyspark.sql import functions as sf
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from sparklime_core import connect, explain_dataframe, explain_rows, explainer_udf
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.spark.executors.preflight import check_executors, differences
from sparklime_core.spark.executors.prewarm import NEEDED_MODULES, prewarm
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connect import application, current
from sparklime_core.spark.session.master import read_json
from sparklime_core.spark.waves.scheduler import run_waves

# How many rows each engine explains: lime itself takes its time.
ENGINES = {"sampled": 96, "exact": 96, "reference": 32}
SETTINGS = {"labels": "all", "num_samples": 200, "num_features": 5}
PREDICTED = {**SETTINGS, "labels": "predicted"}
QUICK = {"labels": "predicted", "num_samples": 50, "num_features": 7}
"""Lime's own choice of up to six features, forward selection, takes a hundred times as long as of seven."""

MAGIC = 99.0
NARROW = {"spark.rpc.message.maxSize": "1"}
"""Megabytes of a message between driver and executors: what is larger must be broadcast, or fails."""

wine = load_wine()
names = list(wine.feature_names)
model = RandomForestClassifier(5, max_depth=5, random_state=0, n_jobs=1).fit(wine.data, wine.target)
explainer = LimeTabularExplainer(
    wine.data, feature_names=names, class_names=list(wine.target_names), random_state=0
)
rows = wine.data[:96].copy()
rows[2, 5] = np.nan
rows[9, 2] = 1e300  # more than a forest's own single precision can hold: the model itself refuses the row
row_ids = np.arange(len(rows))


def raises_at_magic(values):
    if (values[:, 0] == MAGIC).any():
        raise ValueError(f"no wine has {MAGIC} percent")
    return model.predict_proba(values)


def squares(values):
    return values[:, 0] ** 2


def settings_of(engine):
    return QUICK if engine == "reference" else SETTINGS


def run(spark, predict_fn, engine, table, on_wave=None, cancel=None):
    task = prepare_task(explainer, predict_fn, ExplainSettings(engine=engine, **settings_of(engine)))
    waves = []

    def keep(wave):
        waves.append(wave)
        if on_wave:
            on_wave(wave)

    run_waves(spark, task, table, np.arange(len(table)), on_wave=keep, cancel=cancel or threading.Event())
    waves.sort(key=lambda wave: wave.blocks)
    tasks = pa.concat_tables([wave.tasks for wave in waves])
    return task.vocabulary.decode(pa.concat_tables([wave.explanations for wave in waves])), tasks


class Contract:
    def __init__(self, master, folder):
        self.folder = Path(folder)
        self.spark = connect(master, conf=None if master.startswith("sc:") else NARROW)
        self.report = {
            "log": str(current().log or ""),
            **dataclasses.asdict(application(self.spark)),
            "folder": os.getcwd(),
        }

    def save(self, name, table):
        pyarrow.feather.write_feather(table, self.folder / f"{name}.feather")

    def gate(self, name):
        folder = self.folder / name
        folder.mkdir()
        return Gate(folder)

    def warmed(self):
        """Have every core import what it needs, in a session that has done nothing so far; then look at them."""

        def lacking(batches):
            for _ in batches:
                missing = [name for name in NEEDED_MODULES if name not in sys.modules]
                yield pa.RecordBatch.from_pydict({"missing": [", ".join(missing)]})

        cores = prewarm(backend_of(self.spark))
        looked = self.spark.range(0, cores, 1, cores).mapInArrow(lacking, "missing string").collect()
        self.report["warmed"] = [row[0] for row in looked]

    def preflight(self):
        reports = check_executors(self.spark)
        self.report["executors"] = [
            dataclasses.asdict(executor) for executor in backend_of(self.spark).executors()
        ]
        self.report["reports"] = [dataclasses.asdict(report) for report in reports]
        self.report["problems"] = differences(reports)

    def every_engine(self):
        for engine, count in ENGINES.items():
            waves = []
            there, tasks = run(self.spark, model.predict_proba, engine, rows[:count], on_wave=waves.append)
            here = explain_rows(explainer, model.predict_proba, rows[:count], engine=engine, **settings_of(engine))
            self.save(f"{engine}-there", there)
            self.save(f"{engine}-tasks", tasks)
            self.save(f"{engine}-work", pa.concat_tables([wave.work for wave in waves]))
            self.save(f"{engine}-here", here)

    def some_blocks(self):
        """Explain the first and the fourth block alone, and measure their stability."""
        task = prepare_measured(explainer, model.predict_proba, ExplainSettings(**SETTINGS), 3)
        waves, some = [], np.r_[0:16, 48:64]
        run_waves(self.spark, task, rows, row_ids, blocks=[0, 3], on_wave=waves.append, cancel=threading.Event())
        waves.sort(key=lambda wave: wave.blocks)
        explained = pa.concat_tables([wave.explanations for wave in waves])
        self.save("blocks-there", task.vocabulary.decode(explained))
        self.save("stability-there", pa.concat_tables([wave.stability for wave in waves]))
        self.save(
            "stability-here", pa.Table.from_batches([task.explain_and_measure(rows[some], row_ids[some])[1]])
        )

    def large_model(self):
        """Explain with a model many times as large as a message may be."""
        random = np.random.default_rng(0)
        forest = ExtraTreesClassifier(8, max_features=1, random_state=0, n_jobs=1)
        forest.fit(random.normal(size=(10_000, len(names))), random.integers(0, 3, 10_000))
        there, _ = run(self.spark, forest.predict_proba, "sampled", rows[:16])
        self.save("large-there", there)
        self.save("large-here", explain_rows(explainer, forest.predict_proba, rows[:16], **SETTINGS))

    def killed_worker(self):
        """Kill a Python worker in a run whose predict function raises at one row."""
        gate, table = self.gate("killed"), rows[:32].copy()
        table[7, 0] = MAGIC
        held = gate.guard(raises_at_magic, rows[31])
        with gate.hold(lambda: run(self.spark, held, "reference", table)) as ended:
            kill(gate.waiting())
        there, tasks = ended.result()
        self.save("killed-there", there)
        self.save("killed-tasks", tasks)

    def cancelled(self):
        """Cancel what waits at a gate that stays closed until the executors have stopped."""
        gate, cancel = self.gate("cancelled"), threading.Event()
        held = gate.guard(model.predict_proba, rows[-1])
        with gate.hold(lambda: said(lambda: run(self.spark, held, "sampled", rows, cancel=cancel))) as ended:
            wait_for(self.active_tasks)  # Spark's page tells of a task a little after it has begun
            self.report["active"] = self.active_tasks()
            cancel.set()
            self.report["cancelled"] = ended.result(SECONDS)
            wait_for(lambda: not self.active_tasks())
            self.report["idle"] = not (gate.folder / "open").exists()

    def refusals(self):
        """Write down what is said of what is refused before a job, and of the driver's own failure in a run."""

        def full(_):
            raise OSError("disk full")

        df = self.spark.createDataFrame([("a", 1)], names[:2])
        self.report["failures"] = {
            "on_wave": said(lambda: run(self.spark, model.predict_proba, "sampled", rows, on_wave=full)),
            "text": said(lambda: explain_dataframe(df, explainer, model.predict_proba, [names[0]] * 13)),
            "missing": said(lambda: explain_dataframe(df, explainer, model.predict_proba, [names[2]] * 13)),
            "number": said(lambda: explain_dataframe(df, explainer, model.predict_proba, names[:2])),
            "labels": said(lambda: explainer_udf(self.spark, explainer, model.predict_proba, labels="all")),
        }
        wait_for(lambda: not self.active_tasks())

    def lacking_module(self):
        """Write down what is said of the executors' own failure."""

        def of_a_module_that_no_executor_has(values):
            return model.predict_proba(values)

        sys.modules["mine"] = types.ModuleType("mine")
        sys.modules["mine"].predict = of_a_module_that_no_executor_has
        of_a_module_that_no_executor_has.__module__ = "mine"
        of_a_module_that_no_executor_has.__qualname__ = "predict"
        failed = said(lambda: run(self.spark, sys.modules["mine"].predict, "reference", rows[:8]))
        del sys.modules["mine"]
        self.report["failures"]["module"] = failed
        wait_for(lambda: not self.active_tasks())

    def active_tasks(self):
        return sum(executor["activeTasks"] for executor in self.told("executors"))

    def told(self, what):
        """Ask the application's web page, which is there whatever the session is."""
        page = self.report["links"]["application"]
        found = []

        def is_told():
            # Its first answer may take longer than one waits for an answer.
            with contextlib.suppress(OSError):
                found.append(read_json(f"{page}/api/v1/applications/{self.report['application']}/{what}"))
            return found

        wait_for(is_told)
        return found[0]

    def recipe(self):
        df = self.spark.createDataFrame(pd.DataFrame(rows, columns=names))
        jobs = self.jobs()
        explain = explainer_udf(self.spark, explainer, model.predict_proba, **PREDICTED)
        explained = df.repartition(3).withColumn("explanations", explain(*names))
        whole = explain_dataframe(df, explainer, model.predict_proba, names, **SETTINGS)
        ids = self.spark.createDataFrame(pd.DataFrame(rows, columns=names).assign(**{"the.id": row_ids + 1000}))
        by_id = explain_dataframe(ids, explainer, model.predict_proba, names, id_col="the.id", **SETTINGS)
        self.report["lazy"] = self.jobs() == jobs
        self.save("udf-there", explained.toArrow())
        self.save("dataframe-there", whole.toArrow())
        self.save("ids-there", by_id.toArrow())
        self.save("source", df.toArrow())
        self.save("predicted-here", explain_rows(explainer, model.predict_proba, rows, **PREDICTED))

    def recipe_with_one_column(self):
        small = LimeTabularExplainer(wine.data[:, :1], feature_names=names[:1], mode="regression", random_state=0)
        df = self.spark.createDataFrame(pd.DataFrame(rows[:20], columns=names))
        explain = explainer_udf(self.spark, small, squares, num_samples=100)
        self.save("one-column-there", df.select(explain(df["alcohol"]).alias("explanations")).toArrow())
        self.save("one-column-here", explain_rows(small, squares, rows[:20, :1], num_samples=100))

    def jobs(self):
        return len(self.told("jobs"))

    def origin(self):
        @sf.udf(useArrow=False)
        def where(_):
            import sparklime_core

            parent = Path(f"/proc/{os.getppid()}/cmdline").read_text().split("\0")
            return json.dumps([sparklime_core.__file__, parent])

        told = self.spark.range(0, 2, 1, 2).select(where("id")).collect()
        self.report["origin"] = [json.loads(row[0]) for row in told]

    def write(self):
        (self.folder / "report.json").write_text(json.dumps(self.report))


def said(action):
    try:
        action()
    except Exception as error:  # noqa: BLE001 - what it is, the tests judge
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    contract = Contract(*sys.argv[1:])
    contract.warmed()
    contract.preflight()
    contract.every_engine()
    contract.some_blocks()
    contract.large_model()
    contract.recipe()
    contract.recipe_with_one_column()
    contract.origin()
    contract.refusals()
    # Python workers end from here on, and some import all that they need again.
    contract.killed_worker()
    contract.cancelled()
    contract.lacking_module()
    contract.write()
