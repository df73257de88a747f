"""A person's own model, from a file or in memory, checked against its dataset; a file is tried in isolation."""

from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.explain.kinds.booster import Booster
from sparklime_core.explain.kinds.model_kind import kind_of
from sparklime_core.explain.kinds.recoded_models import EncodedBooster
from sparklime_core.explain.kinds.spark_trees import SparkTrees
from sparklime_core.limited.process import call_limited
from sparklime_core.models.adopt_columns import adopt_columns, takes_columns, with_own_gaps
from sparklime_core.models.boosters import booster_notes, encode_booster, restore_booster
from sparklime_core.models.check_fit import check_fit, check_task
from sparklime_core.models.columns_model import ColumnsModel
from sparklime_core.models.decoding import decoding_as_dict, decoding_from_dict
from sparklime_core.models.evaluation import Metrics, measure
from sparklime_core.models.mlflow_models import Say, fetched, is_model_uri, warn
from sparklime_core.models.model_files import (
    SKOPS,
    WORK,
    ModelFile,
    is_known,
    mark_known,
    model_limits,
    read_model,
)
from sparklime_core.models.model_parts import use_one_thread
from sparklime_core.models.model_trial import audited, reason, restore
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.spark_ml.read_model import adopt_spark_model, is_spark_model, read_spark_model
from sparklime_core.models.spark_ml.stored_trees import SUFFIX, dump_trees, restore_trees
from sparklime_core.models.train import Model

OWN = "the model was trained elsewhere: it may have been trained on the rows that measure it"

GAPS_AS_NUMBERS = (
    "the model gets gaps as the numbers of dataset.features, since it does not clearly predict these rows "
    "better from gaps; a model that is fitted on a DataFrame says which it wants"
)
GAPS_AS_GAPS = "the model gets gaps as gaps, since it clearly predicts the rows with gaps better from them"


@raised_as(ModelError, "The model cannot be loaded", but=(MemoryError,))
def load_model(path: str | PathLike[str], dataset: Dataset, *, say: Say = warn) -> Model:
    """Load a model that was trained elsewhere, by the ending of its file's name.

    ``.skops`` is a scikit-learn model, of a dataset's features or of its table's own columns. ``.json`` and
    ``.ubj``, ``.txt`` and ``.cbm`` are the own files of XGBoost, LightGBM and CatBoost. These models are asked in
    their own values, into which gaps and categories are decoded. A file is opened and asked in a limited process
    before this one opens it. A folder is one where Spark has saved a tree model of ``pyspark.ml`` or a pipeline.

    Parameters
    ----------
    path
        The file or folder; or an address in MLflow, ``models:/name@alias`` or ``runs:/id/path``.
    dataset
        The table that the model was trained on, or one like it.
    say
        Is given a sentence before a pickle of MLflow is opened; a warning of Python otherwise.

    Raises
    ------
    ModelError
        When the file is of none of these formats or holds untrusted types, or the model does not fit the dataset.
    MissingExtraError
        When its library is not installed.
    LimitError
        When that takes more than ``SPARKLIME_MODEL_MEMORY`` or ``SPARKLIME_MODEL_SECONDS``, or crashes.
    """
    if is_model_uri(path):
        with fetched(str(path), say) as found:
            return adopt_model(found.estimator, dataset) if found.path is None else load_model(found.path, dataset)
    if Path(path).is_dir():
        return _adopted_trees(read_spark_model(Path(path), dataset), dataset)
    file, limits = read_model(Path(path)), model_limits()
    tried = call_limited(_try_on, file, limits.memory, dataset, limits=limits, work=WORK).value
    if file.suffix == SKOPS:
        estimator = restore(file.data)
        if tried["decoding"] is not None:
            decoding = decoding_from_dict(tried["decoding"])
            estimator = ColumnsModel(estimator, decoding, len(dataset.feature_names))
    else:
        estimator = _restored(file, dataset)
    mark_known(file)
    return _taken_over(estimator, Metrics.from_dict(tried["metrics"]), tuple(tried["notes"]), file)


def reload_model(file: ModelFile, dataset: Dataset) -> Any:
    """Read a model back from the file that a run keeps of it: what `load_model` does, without measuring it.

    Raises
    ------
    SparkLimeError
        As `load_model`.
    """
    if not is_known(file):
        limits = model_limits()
        call_limited(_try_on, file, limits.memory, dataset, limits=limits, work=WORK)
        mark_known(file)
    return _restored(file, dataset)


def _restored(file: ModelFile, dataset: Dataset) -> Any:
    """Return the model of a file that has passed the trial, and is none of scikit-learn."""
    return restore_trees(file.data) if file.suffix == SUFFIX else restore_booster(file, dataset)


def adopt_model(estimator: Any, dataset: Dataset, *, table: Any = None) -> Model:
    """Take over a fitted model, when it fits the dataset's features or its table's own columns.

    Parameters
    ----------
    estimator
        Trained on ``dataset.features``, or on a DataFrame with columns of the table that the dataset was read
        from: it is then asked in those columns and their types. A model of XGBoost, LightGBM or CatBoost is asked
        in its own values, and a tree model or pipeline of ``pyspark.ml`` without Spark, as `load_model` has it.
    dataset
        The table, encoded.
    table
        For a scikit-learn model of such columns: the DataFrame of the same rows, where its types are not those
        that pandas finds in the file. For a model of Spark: a Spark DataFrame of the same rows, to hold the
        answers of both against each other.

    Raises
    ------
    ModelError
        When it does not fit, or predicts otherwise in columns that are decoded; the message says where.
    """
    kind = kind_of(estimator)
    if isinstance(kind, Booster):
        return _adopted_booster(kind, dataset)
    if is_spark_model(estimator):
        return _adopted_trees(adopt_spark_model(estimator, dataset, table), dataset)
    if table is not None or takes_columns(estimator, dataset):
        check_task(estimator, dataset)
        estimator = adopt_columns(estimator, dataset, table)
    elif dataset.missing_values and _is_silent_on_gaps(estimator):
        check_fit(estimator, dataset)
        estimator = with_own_gaps(estimator, dataset)
    return _taken_over(estimator, _measured(estimator, dataset), _gap_notes(estimator, dataset))


@raised_as(ModelError, "The model cannot be used", but=(MemoryError,))
def _adopted_booster(kind: Booster, dataset: Dataset) -> Model:
    alone = kind.alone()
    found = encode_booster(alone, dataset, kind.facts().classes)
    file = ModelFile(alone.suffix, alone.dump())
    return _taken_over(found, _measured(found, dataset), booster_notes(found, dataset), file)


def _gap_notes(estimator: Any, dataset: Dataset) -> tuple[str, ...]:
    """Return notes on gaps, for a model that does not say how it takes them."""
    if isinstance(estimator, ColumnsModel):
        return () if estimator.decoding.named else (GAPS_AS_GAPS,)
    return (GAPS_AS_NUMBERS,) if dataset.missing_values and _is_silent_on_gaps(estimator) else ()


def _is_silent_on_gaps(estimator: Any) -> bool:
    """Return whether a model takes gaps, and does not say whether it has learnt from any."""
    if getattr(estimator, "feature_names_in_", None) is not None or not isinstance(estimator, BaseEstimator):
        return False
    return bool(get_tags(estimator).input_tags.allow_nan)


def _adopted_trees(found: SparkTrees, dataset: Dataset) -> Model:
    return _taken_over(found, _measured(found, dataset), (), ModelFile(SUFFIX, dump_trees(found)))


def _measured(estimator: Any, dataset: Dataset) -> Metrics:
    """Check that a model fits a dataset, and measure it."""
    check_fit(estimator, dataset)
    use_one_thread(estimator)
    rows = np.flatnonzero(dataset.labelled & np.isfinite(dataset.features).all(axis=1))
    try:
        return measure(estimator, dataset.features[rows], dataset.target[rows], dataset.class_names)
    except Exception as error:
        raise ModelError(f"The model cannot predict the rows of {dataset.name!r}: {reason(error)}.") from error


def _try_on(_: IO[bytes], file: ModelFile, most_bytes: int, dataset: Dataset) -> dict[str, Any]:
    """Audit, load and check a model in a limited process, and measure it on a dataset."""
    if file.suffix != SKOPS:
        found = _restored(file, dataset)
        notes = booster_notes(found, dataset) if isinstance(found, EncodedBooster) else ()
        metrics, decoding = _measured(found, dataset), None
    else:
        model = adopt_model(audited(file.data, most_bytes), dataset)
        own = model.estimator
        metrics, notes = model.metrics, _gap_notes(own, dataset)
        decoding = decoding_as_dict(own.decoding) if isinstance(own, ColumnsModel) else None
    return {"metrics": metrics.as_dict(), "notes": notes, "decoding": decoding}


def _taken_over(
    estimator: Any, metrics: Metrics, notes: tuple[str, ...] = (), file: ModelFile | None = None
) -> Model:
    none = np.empty(0, dtype=np.int64)
    return Model(estimator, ModelSettings(), metrics, none, (OWN, *notes), trained_elsewhere=True, file=file)
