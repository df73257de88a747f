"""A fitted model of ``pyspark.ml`` in memory: saved by Spark, read without it, and held against Spark's own."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, reason
from sparklime_core.explain.kinds.spark_trees import SparkClassifier, SparkTrees
from sparklime_core.models.spark_ml.read_model import TREES, read_spark_model
from sparklime_core.models.spark_ml.saved_stages import is_saved_model, read_stages

CHECKED_ROWS = 10_000
TOLERANCE = 1e-9


def is_spark_model(model: Any) -> bool:
    """Tell whether an object is of ``pyspark.ml``, which need not be installed."""
    return type(model).__module__.startswith("pyspark.ml.")


def adopt_spark_model(model: Any, dataset: Dataset, table: Any = None) -> SparkTrees:
    """Take over a fitted tree model of Spark, or a pipeline with one.

    Parameters
    ----------
    model
        Of a classic session, or of Spark Connect where the server runs on this machine.
    dataset
        The encoded table.
    table
        A Spark DataFrame of the same rows in the same order: Spark's own predictions for the first of them are
        then held against those of the plain trees.

    Raises
    ------
    ModelError
        When Spark cannot save it where this process can read it, or it does not fit the dataset.
    """
    with tempfile.TemporaryDirectory(prefix="sparklime-model-") as parent:
        folder = Path(parent) / "model"
        try:
            model.write().overwrite().save(folder.as_uri())
        except Exception as error:
            raise ModelError(f"Spark cannot save the {type(model).__name__}: {reason(error)}.") from error
        if not is_saved_model(folder):
            raise ModelError(
                "Spark runs on other machines and has saved the model where this one cannot read it; save it to "
                "a shared folder, and give that to load_model."
            )
        found = read_spark_model(folder, dataset)
        if table is not None:
            params = next(stage.params for stage in read_stages(folder) if stage.kind in TREES)
            _check_predictions(found, model, dataset, table, params)
    return found


def _check_predictions(
    found: SparkTrees, model: Any, dataset: Dataset, table: Any, params: dict[str, Any]
) -> None:
    """Hold the plain trees against Spark's own predictions, and name the first row that differs."""
    column, predict = params.get("predictionCol", "prediction"), found.predict
    if isinstance(found, SparkClassifier):
        column, predict = params.get("probabilityCol", "probability"), found.predict_proba
    try:
        wanted = [row[0] for row in model.transform(table).select(column).take(CHECKED_ROWS)]
    except Exception as error:
        raise ModelError(
            f"The model cannot predict the rows of the table that was given: {reason(error)}."
        ) from error
    if len(wanted) != min(dataset.rows, CHECKED_ROWS):
        raise ModelError(
            f"The table that was given has {len(wanted)} rows, and {dataset.name!r} has {dataset.rows}; give the "
            "same rows in the same order."
        )
    rows = np.flatnonzero(np.isfinite(dataset.features[: len(wanted)]).all(axis=1))
    predicted = np.asarray(predict(dataset.features[rows])).reshape(len(rows), -1)
    own = np.array([_numbers(wanted[row], found) for row in rows]).reshape(len(rows), -1)
    off = np.flatnonzero(np.abs(predicted - own).max(axis=1) > TOLERANCE * max(1.0, float(np.abs(own).max())))
    if len(off):
        raise ModelError(
            f"Spark predicts {len(off)} of {len(rows)} rows otherwise than its trees here, first row "
            f"{rows[off[0]] + 1}; give the table as the model was trained on it, with the same columns and gaps."
        )


def _numbers(answer: Any, found: SparkTrees) -> Any:
    """Return Spark's answer for one row as numbers; its classes in the dataset's order."""
    return answer.toArray()[list(found.spark_order)] if isinstance(found, SparkClassifier) else answer
