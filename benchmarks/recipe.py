"""The published recipe, "Pseudo-distributed LIME via PySpark UDF" (2020): lime in a UDF, row by row."""

import numpy as np

from benchmarks.problems import NUM_SAMPLES, Problem
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.recipe import recipe_udf
from sparklime_core.spark.session.connect import connect


def recipe(problem: Problem):
    """Return a function that explains rows on one Spark core, the model broadcast; the session stays connected."""
    spark = connect("local[1]")
    settings = ExplainSettings(num_features=problem.num_features, num_samples=NUM_SAMPLES)
    explain_row = recipe_udf(spark, problem.explainer, problem.model, settings)
    names = [f"f{at}" for at in range(problem.features)]

    def explain(rows: np.ndarray):
        frame = spark.createDataFrame(rows.tolist(), names)
        return frame.withColumn("explanations", explain_row(*names)).collect()

    return explain
