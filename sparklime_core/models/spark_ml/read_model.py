"""A model of ``pyspark.ml``, saved or in memory, to a plain sum of trees over the features of a dataset.

A place of Spark's feature vector is a number of the dataset, or a value for each code of a category. A split on
the former is a threshold, with a side for gaps. One on the latter is a set of codes, also where Spark compares
with a threshold.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, reason
from sparklime_core.explain.kinds.ensemble import CategorySet, Ensemble, Recoding, Recodings, TreeArrays, assembled
from sparklime_core.explain.kinds.spark_trees import Refused, SparkClassifier, SparkTrees
from sparklime_core.models.spark_ml.saved_model import SavedTree, Stage, is_saved_model, read_stages, read_trees
from sparklime_core.models.spark_ml.vector import Codes, Columns, Number, Slot, encoded, spelled, string_labels

AVERAGED = ("DecisionTreeClassificationModel", "RandomForestClassificationModel")
BOOSTED = "GBTClassificationModel"
NUMBERS = ("DecisionTreeRegressionModel", "RandomForestRegressionModel", "GBTRegressionModel")
TREES = (*AVERAGED, BOOSTED, *NUMBERS)

CHECKED_ROWS = 10_000
TOLERANCE = 1e-9
"""Spark's own predictions of so many rows are compared, and how far they may be off."""

BoolArray = npt.NDArray[np.bool_]
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
    return _compile_ensemble(trees, values, slots, dataset.missing_values)


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


def _compile_ensemble(
    trees: Sequence[SavedTree], values: Sequence[FloatArray], slots: Sequence[Slot], gaps: dict[int, float]
) -> Ensemble:
    """Return the sum of trees over a dataset's features."""
    numbers = {slot.feature: slot for slot in slots if isinstance(slot, Number)}
    recodings: Recodings = {feature: (Recoding.of_gap(gaps[feature]),) for feature in numbers if feature in gaps}
    sets: list[CategorySet] = []
    compiled = [_compiled(tree, value, slots, sets) for tree, value in zip(trees, values, strict=True)]
    start = np.zeros(values[0].shape[1])
    return assembled(compiled, start, single=False, sets=sets, recodings=recodings)


def _compiled(tree: SavedTree, value: FloatArray, slots: Sequence[Slot], sets: list[CategorySet]) -> TreeArrays:
    count = len(tree.left)
    feature, chosen = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    threshold, gap_left = np.zeros(count), np.zeros(count, dtype=np.bool_)
    for node in np.flatnonzero(tree.left >= 0).tolist():
        slot = slots[tree.slot[node]]
        feature[node] = slot.feature
        if isinstance(slot, Codes):
            codes = np.flatnonzero(_goes_left(tree, node, slot.values)).astype(np.float64)
            chosen[node] = len(sets)
            sets.append(CategorySet(codes, left=True))
        else:
            threshold[node] = tree.threshold[node]
            gap = np.nan if slot.gap is None else slot.gap
            gap_left[node] = _goes_left(tree, node, np.array([gap]))[0]
    return TreeArrays(tree.left, tree.right, feature, threshold, gap_left, value, tree.rows, chosen)


def _goes_left(tree: SavedTree, node: int, values: FloatArray) -> BoolArray:
    """Return which values go to the left at a split, as Spark's ``Split.shouldGoLeft`` has it.

    Of a set of categories Spark keeps the smaller side, so that a value of neither side goes to the other one.
    """
    if node not in tree.sets:
        below: BoolArray = values <= tree.threshold[node]
        return below
    left, count = tree.sets[node]
    if len(left) <= count // 2:
        return np.isin(values, left)
    return ~np.isin(values, np.setdiff1d(np.arange(count, dtype=np.float64), left))


def is_spark_model(model: Any) -> bool:
    """Return whether an object is of ``pyspark.ml``, which need not be installed."""
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
