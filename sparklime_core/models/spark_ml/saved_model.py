"""A saved ``pyspark.ml`` model as Spark wrote it: stages with parameters and data, and checked trees."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.errors import ModelError

MOST_BYTES = 2**30
"""The most that the files of one stage may take."""

PIPELINE = "PipelineModel"
SEARCHES = ("CrossValidatorModel", "TrainValidationSplitModel")
"""What holds the model that was chosen in a folder ``bestModel``."""

MOST_NODES = 20_000_000

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """One fitted stage.

    Attributes
    ----------
    kind
        Spark's class, without its package.
    folder
        Where it was saved.
    params
        What was set, over what is the default.
    facts
        What else its metadata says, like ``numFeatures``.
    """

    kind: str
    folder: Path
    params: dict[str, Any]
    facts: dict[str, Any]

    def columns(self, which: str) -> tuple[str, ...]:
        """Return the names of its ``"input"`` or ``"output"`` columns, whether it has one or several."""
        many = self.params.get(f"{which}Cols")
        if many:
            return tuple(map(str, many))
        one = self.params.get(f"{which}Col")
        return () if one is None else (str(one),)

    def data(self, name: str = "data") -> pa.Table:
        """Return the table that was saved with the stage.

        Raises
        ------
        ModelError
            When it is not there or cannot be read.
        """
        files = _parts(self.folder / name, ".parquet")
        try:
            return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files])
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ModelError(f"The saved {self.kind} is damaged: its {name} cannot be read.") from error


def is_saved_model(folder: Path) -> bool:
    """Return whether Spark has saved a model into a folder."""
    return (folder / "metadata").is_dir()


def read_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the stages of a saved model, those of pipelines inside of it in their places.

    Raises
    ------
    ModelError
        When the folder holds no saved model, or a damaged one.
    """
    stage = _read_stage(folder)
    if stage.kind in SEARCHES:
        return read_stages(folder / "bestModel")
    if stage.kind != PIPELINE:
        return (stage,)
    uids = stage.params.get("stageUids") or ()
    places = {place.name.partition("_")[2]: place for place in _folders(folder / "stages")}
    lacking = next((uid for uid in uids if uid not in places), None)
    if lacking is not None:
        raise ModelError(f"The saved pipeline in {folder.name!r} is damaged: its stage {lacking!r} is not there.")
    return tuple(inner for uid in uids for inner in read_stages(places[uid]))


def _read_stage(folder: Path) -> Stage:
    if not is_saved_model(folder):
        raise ModelError(f"The folder {folder.name!r} holds no saved model of Spark: it has no metadata.")
    text = "".join(_read_text(file) for file in _parts(folder / "metadata", ""))
    try:
        held = json.loads(text.splitlines()[0])
        params = {**held.get("defaultParamMap", {}), **held["paramMap"]}
        kind = str(held["class"]).rpartition(".")[2]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The metadata of the saved model in {folder.name!r} are damaged.") from error
    return Stage(kind, folder, params, held)


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The file {file.name!r} of the saved model cannot be read.") from error


def _folders(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if place.is_dir()] if folder.is_dir() else []


def _parts(folder: Path, ending: str) -> list[Path]:
    """Return the part files of a folder, in their order."""
    found = sorted(folder.glob(f"part-*{ending}")) if folder.is_dir() else []
    if not found:
        raise ModelError(
            f"The saved model lacks the files of {folder.parent.name}/{folder.name}: save it to a folder that "
            "this machine and Spark's executors share."
        )
    if sum(file.stat().st_size for file in found) > MOST_BYTES:
        raise ModelError(f"The saved model takes more than {MOST_BYTES // 2**30} GiB, which is too much.")
    return found


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
