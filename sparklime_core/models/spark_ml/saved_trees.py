"""The trees of a saved tree model of ``pyspark.ml``: nodes in plain arrays, checked before they are followed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.errors import ModelError
from sparklime_core.models.spark_ml.saved_stages import Stage

MOST_NODES = 20_000_000

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SavedTree:
    """One tree of m nodes, the root first.

    Attributes
    ----------
    left, right
        (m,) children; -1 at a leaf.
    slot
        (m,) the place of the feature vector that a split looks at.
    threshold
        (m,) what is not above it goes to the left; NaN where a set decides.
    sets
        By node, the categories that go to the left, and how many categories there are.
    prediction
        (m,) of the leaves.
    shares
        (m, K) of the classes at a node; (m, 0) in regression.
    rows
        (m,) how many training rows reach a node.
    weight
        How much the tree counts.
    """

    left: IntArray
    right: IntArray
    slot: IntArray
    threshold: FloatArray
    sets: dict[int, tuple[FloatArray, int]]
    prediction: FloatArray
    shares: FloatArray
    rows: FloatArray
    weight: float


def read_trees(stage: Stage, *, classes: bool) -> list[SavedTree]:
    """Return the trees of a saved model.

    Raises
    ------
    ModelError
        When they are not there or lead nowhere.
    """
    try:
        return _read_trees(stage, classes=classes)
    except (KeyError, IndexError, TypeError, ValueError, pa.ArrowException) as error:
        raise ModelError(f"The saved {stage.kind} is damaged: its trees cannot be read.") from error


def _read_trees(stage: Stage, *, classes: bool) -> list[SavedTree]:
    table = stage.data()
    if table.num_rows > MOST_NODES:
        raise ModelError(f"The saved model has more than {MOST_NODES} nodes, which is too much.")
    if "nodeData" not in table.column_names:
        return [_tree(stage, table, 1.0, classes=classes)]
    about = stage.data("treesMetadata")
    weights = dict(zip(about.column(0).to_pylist(), about.column(2).to_pylist(), strict=True))
    numbers = table["treeID"].combine_chunks()
    nodes = pa.Table.from_struct_array(table["nodeData"].combine_chunks())
    found = []
    for number in sorted(weights):
        own = nodes.filter(pc.equal(numbers, number))
        found.append(_tree(stage, own, float(weights[number]), classes=classes))
    if not found or sum(len(tree.left) for tree in found) != table.num_rows:
        raise _damaged(stage)
    return found


def _tree(stage: Stage, nodes: pa.Table, weight: float, *, classes: bool) -> SavedTree:
    nodes = nodes.sort_by("id")
    count = nodes.num_rows
    left, right = (_integers(nodes[name]) for name in ("leftChild", "rightChild"))
    split = pa.Table.from_struct_array(nodes["split"].combine_chunks())
    slot, categories = _integers(split["featureIndex"]), _integers(split["numCategories"])
    inner = np.flatnonzero(left >= 0)
    _check(stage, _integers(nodes["id"]), left, right, slot)
    threshold = np.full(count, np.nan)
    sets = {}
    held = split["leftCategoriesOrThreshold"].to_pylist()
    for at in inner.tolist():
        if categories[at] < 0:
            threshold[at] = held[at][0]
        else:
            sets[at] = (np.array(held[at], dtype=np.float64), int(categories[at]))
    shares = np.empty((count, 0))
    if classes:
        stats = np.array(nodes["impurityStats"].to_pylist(), dtype=np.float64).reshape(count, -1)
        total = stats.sum(axis=1, keepdims=True)
        shares = np.divide(stats, total, out=np.zeros_like(stats), where=total != 0)
    prediction = _floats(nodes["prediction"])
    rows = _floats(nodes["rawCount"]) if "rawCount" in nodes.column_names else np.ones(count)
    return SavedTree(left, right, slot, threshold, sets, prediction, shares, np.maximum(rows, 0.0), weight)


def _check(stage: Stage, ids: IntArray, left: IntArray, right: IntArray, slot: IntArray) -> None:
    """Refuse nodes of which one leads back, or outside of the tree or of the vector."""
    count, width = len(ids), int(stage.facts.get("numFeatures", 0))
    inner = left >= 0
    own = np.arange(count)
    fits = count > 0 and bool((ids == own).all()) and bool(((right >= 0) == inner).all())
    for child in (left, right):
        fits = fits and bool(((child > own) & (child < count))[inner].all())
    if not fits or not bool(((slot >= 0) & (slot < width))[inner].all()):
        raise _damaged(stage)


def _integers(column: pa.ChunkedArray) -> IntArray:
    return np.asarray(pc.fill_null(column, -1).to_numpy(), dtype=np.int64)


def _floats(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _damaged(stage: Stage) -> ModelError:
    return ModelError(f"The saved {stage.kind} is damaged: its trees do not fit together.")
