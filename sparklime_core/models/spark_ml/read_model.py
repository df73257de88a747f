"""A saved model of ``pyspark.ml`` to a plain sum of trees over the features of a dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.spark_trees import Refused, SparkClassifier, SparkTrees
from sparklime_core.models.spark_ml.compile_trees import compile_ensemble
from sparklime_core.models.spark_ml.saved_stages import Stage, read_stages
from sparklime_core.models.spark_ml.saved_trees import SavedTree, read_trees
from sparklime_core.models.spark_ml.slots import Codes, Slot, spelled
from sparklime_core.models.spark_ml.vector import Columns, encoded, string_labels

AVERAGED = ("DecisionTreeClassificationModel", "RandomForestClassificationModel")
BOOSTED = "GBTClassificationModel"
NUMBERS = ("DecisionTreeRegressionModel", "RandomForestRegressionModel", "GBTRegressionModel")
TREES = (*AVERAGED, BOOSTED, *NUMBERS)

FloatArray = npt.NDArray[np.float64]


def read_spark_model(folder: Path, dataset: Dataset) -> SparkTrees:
    """Read a saved tree model, or a pipeline with one, and set it to a dataset.

    A tree model alone is one of a vector of the dataset's features.

    Raises
    ------
    ModelError
        When it is damaged or of another kind, or does not fit the dataset.
    """
    stages = read_stages(folder)
    at = next((at for at, stage in enumerate(stages) if stage.kind in TREES), None)
    if at is None:
        raise ModelError(
            f"The saved model has no stage of trees, but {', '.join(stage.kind for stage in stages)}; "
            f"{', '.join(TREES)} are known."
        )
    model = stages[at]
    slots = _slots(stages[:at], model, dataset)
    if model.kind in NUMBERS:
        return _of_numbers(model, slots, dataset)
    return _of_classes(model, stages[:at], slots, dataset)


def _slots(before: Sequence[Stage], model: Stage, dataset: Dataset) -> tuple[Slot, ...]:
    name, width = str(model.params.get("featuresCol", "features")), int(model.facts.get("numFeatures", 0))
    made = any(name in stage.columns("output") for stage in before)
    found = Columns(before, dataset).vector(name) if made else _plain_slots(dataset)
    if len(found) != width:
        raise ModelError(
            f"The {model.kind} wants a vector of {width} numbers, and the dataset makes one of {len(found)}; give "
            "the pipeline that makes its vector, or change the columns' roles."
        )
    return found


def _plain_slots(dataset: Dataset) -> tuple[Slot, ...]:
    return tuple(encoded(dataset, at) for at in range(len(dataset.feature_names)))


def _of_numbers(model: Stage, slots: tuple[Slot, ...], dataset: Dataset) -> SparkTrees:
    if dataset.class_names is not None:
        raise ModelError("The model predicts numbers, and the target has classes; choose the other task.")
    trees = read_trees(model, classes=False)
    share = 1.0 / len(trees) if model.kind == "RandomForestRegressionModel" else 1.0
    values = [tree.prediction[:, None] * (tree.weight * share) for tree in trees]
    return SparkTrees(
        model.kind, _ensemble(trees, values, slots, dataset), _refused(slots, dataset), _width(dataset)
    )


def _of_classes(
    model: Stage, before: Sequence[Stage], slots: tuple[Slot, ...], dataset: Dataset
) -> SparkClassifier:
    if dataset.class_names is None:
        raise ModelError("The model predicts classes, and the target is a number; choose the other task.")
    boosted = model.kind == BOOSTED
    trees = read_trees(model, classes=not boosted)
    count = 2 if boosted else trees[0].shares.shape[1]
    order = _class_order(model, before, dataset.class_names, count)
    if boosted:
        # Spark's loss is of twice the sum, so that this is the log-odds; of the dataset's second class.
        sign = 2.0 if order[0] < order[1] else -2.0
        values = [tree.prediction[:, None] * (tree.weight * sign) for tree in trees]
    else:
        values = [tree.shares[:, order] / len(trees) for tree in trees]
        left_over = np.setdiff1d(np.arange(count), order)
        if any(tree.shares[:, left_over].any() for tree in trees):
            raise ModelError(
                f"The {model.kind} knows {count} classes, and the target has {len(dataset.class_names)}."
            )
    ensemble = _ensemble(trees, values, slots, dataset)
    refused, places = _refused(slots, dataset), tuple(order.tolist())
    return SparkClassifier(model.kind, ensemble, refused, _width(dataset), dataset.class_names, boosted, places)


def _class_order(
    model: Stage, before: Sequence[Stage], names: tuple[str, ...], count: int
) -> npt.NDArray[np.int64]:
    """Return which of Spark's classes each of the dataset's is."""
    label = str(model.params.get("labelCol", "label"))
    indexer = next((stage for stage in reversed(before) if label in stage.columns("output")), None)
    if indexer is None:
        numbered = spelled(names, tuple(map(str, range(count))))
        order = numbered if (numbered >= 0).all() else np.arange(len(names))
        known = ", ".join(map(str, range(count)))
    elif indexer.kind == "StringIndexerModel":
        labels = string_labels(indexer)[indexer.columns("output").index(label)]
        order, known = spelled(names, labels), ", ".join(map(repr, labels[:8]))
    else:
        raise ModelError(f"The model's labels are made by a {indexer.kind}, which is not supported.")
    fits = (order >= 0).all() and (order < count).all() and len(set(order.tolist())) == len(names)
    if not fits or (len(names) != 2 and model.kind == BOOSTED):
        raise ModelError(
            f"The model knows the classes {known}, and the target has {', '.join(map(repr, names[:8]))}."
        )
    return order


def _ensemble(trees: list[SavedTree], values: list[FloatArray], slots: tuple[Slot, ...], dataset: Dataset) -> Any:
    return compile_ensemble(trees, values, slots, dataset.missing_values)


def _refused(slots: tuple[Slot, ...], dataset: Dataset) -> tuple[Refused, ...]:
    """Return the values that the stages refuse, of each feature once."""
    columns: dict[int, str] = {}
    values: dict[int, set[float]] = {}
    for slot in slots:
        refused: list[float] = []
        if isinstance(slot, Codes):
            refused = [float(code) for code in np.flatnonzero(slot.refused)]
        elif slot.gap is None and slot.feature in dataset.missing_values:
            refused = [dataset.missing_values[slot.feature]]
        columns[slot.feature] = slot.column
        values.setdefault(slot.feature, set()).update(refused)
    return tuple(
        Refused(
            at, columns[at], np.array(sorted(held)), tuple(dataset.value_text(at, one) for one in sorted(held))
        )
        for at, held in values.items()
        if held
    )


def _width(dataset: Dataset) -> int:
    return len(dataset.feature_names)
