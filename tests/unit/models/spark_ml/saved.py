"""Folders as Spark writes them: metadata in JSON, data in Parquet."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

PACKAGE = "org.apache.spark.ml."


def save(folder, kind, params, data=None, **facts):
    """Write one stage; return its folder."""
    (folder / "metadata").mkdir(parents=True)
    held = {"class": PACKAGE + kind, "paramMap": params, "defaultParamMap": {}, "uid": folder.name, **facts}
    (folder / "metadata" / "part-00000").write_text(json.dumps(held))
    (folder / "metadata" / "_SUCCESS").touch()
    for name, table in (data or {}).items():
        (folder / name).mkdir()
        pq.write_table(pa.Table.from_pylist(table), folder / name / "part-00000-x.snappy.parquet")
    return folder


def leaf(prediction, stats=(1.0, 1.0)):
    return {"prediction": prediction, "impurityStats": list(stats), "split": None}


def split(slot, left, right, *, below=None, among=None, of=-1):
    """A split: on a threshold, or on the categories that go to the left, of so many."""
    held = {
        "featureIndex": slot,
        "leftCategoriesOrThreshold": [below] if among is None else among,
        "numCategories": of,
    }
    return {"prediction": 0.0, "impurityStats": [1.0, 1.0], "split": held, "children": (left, right)}


def nodes(root):
    """Number the nodes of a tree as Spark does: parents first, then all that is on the left."""
    found = []

    def visit(node):
        at = len(found)
        none = {"featureIndex": -1, "leftCategoriesOrThreshold": [], "numCategories": -1}
        row = {"id": at, "leftChild": -1, "rightChild": -1, "rawCount": 5, "gain": 0.0, "impurity": 0.0}
        found.append({**node, "split": node["split"] or none, **row})
        if "children" in node:
            left, right = node["children"]
            found[at] |= {"leftChild": visit(left), "rightChild": visit(right)}
        found[at].pop("children", None)
        return at

    visit(root)
    return found


def forest(folder, kind, trees, weights=None, **facts):
    """Write an ensemble."""
    weights = weights or [1.0] * len(trees)
    data = [{"treeID": at, "nodeData": node} for at, tree in enumerate(trees) for node in nodes(tree)]
    about = [{"treeID": at, "metadata": "{}", "weights": weight} for at, weight in enumerate(weights)]
    params = {"featuresCol": "vector", **facts.pop("params", {})}
    return save(folder, kind, params, {"data": data, "treesMetadata": about}, **facts)


def pipeline(folder, *stages):
    """Write a pipeline: of each stage, a function that writes it into a folder."""
    uids = [f"stage{at}" for at in range(len(stages))]
    save(folder, "PipelineModel", {"stageUids": uids})
    for at, (uid, write) in enumerate(zip(uids, stages, strict=True)):
        write(folder / "stages" / f"{at}_{uid}")
    return folder
