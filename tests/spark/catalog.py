"""``python catalog.py FOLDER``: by the command, a table of the catalog to another, in a session that has it."""

import contextlib
import json
import sys
from pathlib import Path

from sparklime_core import ReadOptions, SparkLimeError, build_explainer, connect
from sparklime_core.cli import main
from sparklime_core.data.batch_encoder import BatchEncoder
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.runner import predict_fn_of
from sparklime_core.runs.run import Run
from sparklime_core.spark.explain_table import explain_table, open_source

folder = Path(sys.argv[1])
conf = f"spark.sql.warehouse.dir={folder}/warehouse"
spark = connect("local[2]", conf=dict([conf.split("=")]))
spark.read.parquet(f"{folder}/birds").repartition(3).write.saveAsTable("lake_birds")


def jobs():
    return len(spark.sparkContext.statusTracker().getJobIdsForGroup())


before = jobs()
inputs = Run(folder / "run").inputs()
encoding = inputs.dataset.encoding
source = open_source(spark, "lake_birds")
encoder = BatchEncoder.of(encoding, source.columns, ReadOptions())
task = prepare_task(build_explainer(inputs.dataset), predict_fn_of(inputs.estimator), ExplainSettings())
explain_table(source, task, encoder, "ring")
report = {"lazy": jobs() == before}


def said(action):
    try:
        action()
    except SparkLimeError as error:
        return str(error)


report["said"] = {
    "file": said(lambda: open_source(spark, "absent.csv")),
    "table": said(lambda: open_source(spark, "absent")),
    "format": said(lambda: open_source(spark, "birds", "martian")),
    "column": said(lambda: BatchEncoder.of(encoding, source.drop("year").columns, ReadOptions())),
    "id": said(lambda: explain_table(source, task, encoder, "tag")),
}
command = ["explain-table", "lake_birds", f"--trained-in={folder}/run", "--id=a.place", "--num-samples=200"]
command += ["--master=local[2]", f"--conf={conf}", "--out-table=why"]
with contextlib.redirect_stdout(sys.stderr):
    report["code"] = main(command)
sys.stdout.write(json.dumps(report))
