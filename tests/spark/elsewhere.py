"""``elsewhere.py session|cluster``: explain there, print with which Java and processes; wait to be killed."""

import json
import sys
import threading

import numpy as np
import psutil
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import LocalCluster, connect
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.waves.scheduler import run_waves

iris = load_iris()
rows = iris.data[:40]
model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(iris.data, iris.target)
task = prepare_task(LimeTabularExplainer(iris.data), model.predict_proba, ExplainSettings(num_samples=100))

cluster = LocalCluster.start(workers=1, memory="512m") if sys.argv[1] == "cluster" else None
spark = connect(cluster.url if cluster else "local[1]")
waves = []
run_waves(spark, task, rows, np.arange(len(rows)), on_wave=waves.append, cancel=threading.Event())
report = {
    "java": spark.sparkContext._jvm.java.lang.System.getProperty("java.home"),
    "rows": sum(wave.explanations.num_rows for wave in waves),
    "pids": [process.pid for process in psutil.Process().children(recursive=True)],
}
print(json.dumps(report), flush=True)  # noqa: T201
sys.stdin.read()
