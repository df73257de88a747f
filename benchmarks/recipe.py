"""The published recipe, "Pseudo-distributed LIME via PySpark UDF" (2020): lime in a UDF, row by row."""

import warnings

import dill
import numpy as np
from pyspark.sql import functions
from pyspark.sql.types import ArrayType, DoubleType, StringType, StructField, StructType

from benchmarks.problems import NUM_SAMPLES, Problem
from sparklime_core.spark.session import connect

REASON = StructType([StructField("feature_explanation", StringType()), StructField("weight", DoubleType())])


def recipe(problem: Problem):
    """Return a function that explains rows on one Spark core, the model broadcast; the session stays connected."""
    spark = connect("local[1]")
    broadcast = spark.sparkContext.broadcast(problem.model)
    # As in the recipe: loaded on the driver, so that the explainer travels in the UDF's closure.
    explainer = dill.loads(dill.dumps(problem.explainer))
    num_features = problem.num_features
    names = [f"f{at}" for at in range(problem.features)]

    @functions.udf(ArrayType(REASON))
    def explain_row(*values):
        row = np.array(values)
        model = broadcast.value
        label = int(model.predict_proba(row[None]).argmax())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = explainer.explain_instance(
                row, model.predict_proba, labels=(label,), num_features=num_features, num_samples=NUM_SAMPLES
            )
        return [(text, float(weight)) for text, weight in found.as_list(label=label)]

    def explain(rows: np.ndarray):
        frame = spark.createDataFrame(rows.tolist(), names)
        return frame.withColumn("explanations", explain_row(*names)).collect()

    return explain
