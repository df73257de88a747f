"""`SparkTrees` as bytes, so that a run keeps them: arrays in numpy's own format, and the rest as JSON."""

import io
import json
import zipfile
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.ensemble import CategorySet, Ensemble, Recoding
from sparklime_core.explain.kinds.spark_trees import Refused, SparkClassifier, SparkTrees

SUFFIX = ".sparktrees"
ARRAYS = ("roots", "left", "right", "feature", "threshold", "value", "offset", "gap_left", "chosen")
DAMAGED = (KeyError, ValueError, TypeError, IndexError, OSError, EOFError, zipfile.BadZipFile, AssertionError)


def dump_trees(model: SparkTrees) -> bytes:
    """Return the bytes of a file with a model."""
    trees = model.ensemble
    arrays = {name: getattr(trees, name) for name in ARRAYS if getattr(trees, name) is not None}
    arrays["codes"] = np.concatenate([np.zeros(0), *(entry.codes for entry in trees.sets)])
    arrays["sizes"] = np.array([len(entry.codes) for entry in trees.sets], dtype=np.int64)
    arrays["sides"] = np.array([entry.left for entry in trees.sets], dtype=np.bool_)
    facts = {
        "spark_class": model.spark_class,
        "width": model.n_features_in_,
        "refused": [[one.feature, one.column, one.values.tolist(), list(one.texts)] for one in model.refused],
        "visits": trees.visits,
        "single": trees.single,
        "recodings": [
            [feature, table.given.tolist(), table.becomes.tolist(), table.others_stay]
            for feature, tables in trees.recodings.items()
            for table in tables
        ],
        "classes": list(model.classes_) if isinstance(model, SparkClassifier) else None,
        "boosted": isinstance(model, SparkClassifier) and model.boosted,
        "spark_order": list(model.spark_order) if isinstance(model, SparkClassifier) else None,
    }
    written = io.BytesIO()
    np.savez_compressed(written, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), **arrays)
    return written.getvalue()


def restore_trees(data: bytes) -> SparkTrees:
    """Return the model in the bytes of a file.

    Raises
    ------
    ModelError
        When they are damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes())
            return _model(facts, _ensemble(facts, held))
    except DAMAGED as error:
        raise ModelError("The file of Spark's trees is damaged; load the model again from Spark's own.") from error


def _model(facts: dict[str, Any], trees: Ensemble) -> SparkTrees:
    width, kind = int(facts["width"]), str(facts["spark_class"])
    refused = tuple(
        Refused(int(feature), str(column), np.array(values, dtype=np.float64), tuple(map(str, texts)))
        for feature, column, values, texts in facts["refused"]
    )
    _require(bool(((trees.feature >= 0) & (trees.feature < width)).all()))
    if facts["classes"] is None:
        return SparkTrees(kind, trees, refused, width)
    classes, order = tuple(map(str, facts["classes"])), tuple(map(int, facts["spark_order"]))
    return SparkClassifier(kind, trees, refused, width, classes, bool(facts["boosted"]), order)


def _ensemble(facts: dict[str, Any], held: Any) -> Ensemble:
    ends = np.cumsum(held["sizes"])
    sets = tuple(
        CategorySet(codes, bool(side))
        for codes, side in zip(np.split(held["codes"], ends[:-1]) if len(ends) else (), held["sides"], strict=True)
    )
    arrays = {name: held.get(name) for name in ARRAYS}
    recodings: dict[int, tuple[Recoding, ...]] = {}
    for feature, given, becomes, others_stay in facts["recodings"]:
        table = Recoding(np.array(given, dtype=np.float64), np.array(becomes, dtype=np.float64), bool(others_stay))
        recodings[int(feature)] = (*recodings.get(int(feature), ()), table)
    _check(arrays, len(sets))
    visits, single = float(facts["visits"]), bool(facts["single"])
    return Ensemble(**arrays, visits=visits, single=single, sets=sets, recodings=recodings)


def _check(arrays: dict[str, Any], sets: int) -> None:
    """Raise where a node would lead back, or outside of the arrays."""
    left, right, count = arrays["left"], arrays["right"], len(arrays["left"])
    inner, own = left >= 0, np.arange(count)
    for child in (left, right):
        _require(child.shape == (count,) and bool(((child > own) & (child < count))[inner].all()))
    for name in ("feature", "threshold", "value", "gap_left"):
        _require(len(arrays[name]) == count)
    roots, chosen = arrays["roots"], arrays["chosen"]
    _require(bool(((roots >= 0) & (roots < count)).all()))
    _require(arrays["value"].ndim == 2 and arrays["offset"].shape == arrays["value"].shape[1:])
    _require(chosen is None or (len(chosen) == count and bool((chosen < sets).all())))


def _require(true: bool) -> None:
    if not true:
        raise ValueError("the arrays do not fit together")
