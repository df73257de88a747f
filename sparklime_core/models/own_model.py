"""A person's own scikit-learn model: from a skops file, audited, or at hand; checked against its dataset."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.feature_encoding import number_text
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.limited.process import call_limited
from sparklime_core.models.adopt_columns import adopt_columns, takes_columns
from sparklime_core.models.columns_model import ColumnsModel
from sparklime_core.models.metrics import Metrics, measure
from sparklime_core.models.model_files import WORK, model_limits, read_model
from sparklime_core.models.model_parts import check_trees, use_one_thread
from sparklime_core.models.model_trial import audited, reason, restore
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.stored_decoding import decoding_as_dict, decoding_from_dict
from sparklime_core.models.train import Model

OWN = "the model was trained elsewhere: the rows that it is measured on may be rows that it has learnt from"


@raised_as(ModelError, "The model cannot be loaded", but=(MemoryError,))
def load_model(path: str | PathLike[str], dataset: Dataset) -> Model:
    """Load a model that was trained elsewhere: on a dataset's features, or on its table's own columns.

    Raises
    ------
    ModelError
        When the file is no skops file or holds untrusted types, or the model does not fit the dataset.
    LimitError
        When that takes more than ``SPARKLIME_MODEL_MEMORY`` or ``SPARKLIME_MODEL_SECONDS``, or crashes.
    """
    limits = model_limits()
    data = read_model(Path(path))
    metrics, decoding = call_limited(_try_on, data, limits.memory, dataset, limits=limits, work=WORK).value
    estimator = restore(data)
    if decoding is not None:
        estimator = ColumnsModel(estimator, decoding_from_dict(decoding), len(dataset.feature_names))
    return _taken_over(estimator, Metrics.from_dict(metrics))


def adopt_model(estimator: Any, dataset: Dataset, *, table: Any = None) -> Model:
    """Take over a fitted scikit-learn estimator, when it fits the dataset's features or its table's own columns.

    Parameters
    ----------
    estimator
        Trained on ``dataset.features``, or on a DataFrame with columns of the table that the dataset was read
        from: it is then asked in those columns and their types.
    dataset
        The table, encoded.
    table
        For a model of such columns: the DataFrame of the same rows, where its types are not those that pandas
        finds in the file.

    Raises
    ------
    ModelError
        When it does not fit, or predicts otherwise in columns that are decoded; the message says where.
    """
    if table is not None or takes_columns(estimator, dataset):
        _check_task(estimator, dataset)
        estimator = adopt_columns(estimator, dataset, table)
    _check_width(estimator, dataset)
    _check_task(estimator, dataset)
    check_trees(estimator)
    use_one_thread(estimator)
    rows = np.flatnonzero(dataset.labelled & np.isfinite(dataset.features).all(axis=1))
    try:
        metrics = measure(estimator, dataset.features[rows], dataset.target[rows], dataset.class_names)
    except Exception as error:
        raise ModelError(f"The model cannot predict the rows of {dataset.name!r}: {reason(error)}.") from error
    return _taken_over(estimator, metrics)


def _try_on(
    _: IO[bytes], data: bytes, most_bytes: int, dataset: Dataset
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Audit, load and check a model in a limited process, and measure it on a dataset."""
    model = adopt_model(audited(data, most_bytes), dataset)
    own = model.estimator
    return model.metrics.as_dict(), decoding_as_dict(own.decoding) if isinstance(own, ColumnsModel) else None


def _taken_over(estimator: Any, metrics: Metrics) -> Model:
    return Model(estimator, ModelSettings(), metrics, np.empty(0, dtype=np.int64), (OWN,), trained_elsewhere=True)


def _check_width(estimator: Any, dataset: Dataset) -> None:
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and tuple(map(str, names)) != dataset.feature_names:
        pairs = zip(map(str, names), dataset.feature_names, strict=False)
        unlike = next((f"{ours!r} where it wants {theirs!r}" for theirs, ours in pairs if theirs != ours), "")
        raise ModelError(
            f"The model wants {len(names)} features, and the table has {len(dataset.feature_names)}"
            + (f", the first that differs being {unlike}" if unlike else "")
            + "; change the columns' roles."
        )
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise ModelError("The file holds no fitted scikit-learn model.")
    if width != len(dataset.feature_names):
        raise ModelError(
            f"The model wants {width} features, and the table has {len(dataset.feature_names)}; "
            "change the columns' roles."
        )


def _check_task(estimator: Any, dataset: Dataset) -> None:
    classes = getattr(estimator, "classes_", None)
    if dataset.class_names is None:
        if classes is not None or not hasattr(estimator, "predict"):
            raise ModelError("The model predicts classes, and the target is a number; choose the other task.")
        return
    if classes is None:
        raise ModelError("The model predicts numbers, and the target is of classes; choose the other task.")
    if not hasattr(estimator, "predict_proba"):
        raise ModelError("The model has no predict_proba, which LIME needs; train it with probabilities.")
    known = np.asarray(classes).tolist()
    codes = list(range(len(dataset.class_names)))
    if not any(_are_same(known, names) for names in (dataset.class_names, codes)):
        raise ModelError(
            f"The model knows the classes {_listed(classes)}, and the target has {_listed(dataset.class_names)}; "
            "they must be the same, in the same order."
        )


def _label(value: Any) -> str:
    """Return a class in the one spelling that all its spellings share: 1, 1.0, "1.0" and " 1 " are the same."""
    text = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        return text.casefold()
    return number_text(number) if np.isfinite(number) else text.casefold()


def _are_same(known: list[Any], names: Sequence[Any]) -> bool:
    """Return whether classes are the same in the same order, where they are spelled in other ways as well."""
    exact = [str(value) for value in known] == [str(name) for name in names]
    found, wanted = [_label(value) for value in known], [_label(name) for name in names]
    return (
        exact
        or (found == wanted and len(set(wanted)) == len(wanted))
        or (known == [False, True] and wanted == ["0", "1"])
    )


def _listed(classes: Any) -> str:
    names = [
        repr(value) if isinstance(value, (str, bytes)) else str(value) for value in np.asarray(classes).tolist()
    ]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
