"""Whether a model fits a dataset: its features, its task and its classes, in one spelling or another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.feature_encoding import number_text
from sparklime_core.errors import ModelError
from sparklime_core.models.model_parts import check_trees


def check_fit(estimator: Any, dataset: Dataset) -> None:
    """Raise `ModelError` when a model is none of a dataset's features and target, or is damaged."""
    _check_width(estimator, dataset)
    check_task(estimator, dataset)
    check_trees(estimator)


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


def check_task(estimator: Any, dataset: Dataset) -> None:
    """Raise `ModelError` when a model predicts something else than a dataset's target."""
    classes = getattr(estimator, "classes_", None)
    if dataset.class_names is None:
        if classes is not None or not hasattr(estimator, "predict"):
            raise ModelError("The model predicts classes, and the target is a number; choose the other task.")
        return
    if classes is None:
        raise ModelError("The model predicts numbers, and the target has classes; choose the other task.")
    if not hasattr(estimator, "predict_proba"):
        raise ModelError("The model has no predict_proba, which LIME needs; train it with probabilities.")
    known = np.asarray(classes).tolist()
    codes = list(range(len(dataset.class_names)))
    if not any(_are_same(known, names) for names in (dataset.class_names, codes)):
        raise ModelError(
            f"The model knows the classes {_listed(classes)}, and the target has {_listed(dataset.class_names)}; "
            "they must be the same, in the same order."
        )


def _listed(classes: Any) -> str:
    names = [
        repr(value) if isinstance(value, (str, bytes)) else str(value) for value in np.asarray(classes).tolist()
    ]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def label(value: Any) -> str:
    """Return a class in its normal spelling: 1, 1.0, "1.0" and " 1 " are the same."""
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
    found, wanted = [label(value) for value in known], [label(name) for name in names]
    return (
        exact
        or (found == wanted and len(set(wanted)) == len(wanted))
        or (known == [False, True] and wanted == ["0", "1"])
    )
