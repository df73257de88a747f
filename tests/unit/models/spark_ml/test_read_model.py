"""Saved models of Spark, read without Spark: its stages, splits and weights, and what is damaged."""

import functools
import shutil

import numpy as np
import pytest

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_model, read_csv
from tests.unit.models.spark_ml.saved import forest, leaf, pipeline, save, split

ROWS = ["1.5,Rome,0,no", ",Oslo,1,yes", "3,,1,no", "-2,Rome,0,yes", "0.5,Oslo,1,no", "7,Bern,0,yes"] * 4
CONTENT = "size,town,owner,good\n" + "\n".join(ROWS) + "\n"
REGRESSION = "RandomForestRegressionModel"


@pytest.fixture(scope="module")
def dataset():
    return read_csv(CONTENT.encode(), "good", name="houses")


@pytest.fixture(scope="module")
def numbers():
    changed = "\n".join(f"{row.rpartition(',')[0]},{at / 7}" for at, row in enumerate(ROWS))
    return read_csv(f"size,town,owner,price\n{changed}\n".encode(), "price", name="houses")


def indexer(folder, labels=("Rome", "Oslo", "Bern"), invalid="keep"):
    params = {"inputCol": "town", "outputCol": "town_", "handleInvalid": invalid}
    return save(folder, "feature.StringIndexerModel", params, {"data": [{"labelsArray": [list(labels)]}]})


def imputer(folder, value=2.0, missing="NaN"):
    params = {"inputCols": ["size"], "outputCols": ["size_"], "missingValue": missing}
    return save(folder, "feature.ImputerModel", params, {"data": [{"size": value}]})


def one_hot(folder, size=3, invalid="keep", drop=True):
    params = {"inputCol": "town_", "outputCol": "hot", "handleInvalid": invalid, "dropLast": drop}
    return save(folder, "feature.OneHotEncoderModel", params, {"data": [{"categorySizes": [size]}]})


def assembler(folder, names=("size_", "town_", "owner"), invalid="error"):
    params = {"inputCols": list(names), "outputCol": "vector", "handleInvalid": invalid}
    return save(folder, "feature.VectorAssembler", params)


def trees(*roots, kind=REGRESSION, width=3, weights=None):
    package = "regression." if "Regression" in kind else "classification."
    params = {"labelCol": "price"} if "Regression" in kind else {}
    return lambda folder: forest(folder, package + kind, roots, weights, numFeatures=width, params=params)


def asked(folder, dataset, rows=6):
    return load_model(folder, dataset).predict_fn(dataset.features[:rows]).tolist()


def test_thresholds_gaps_and_weights(tmp_path, numbers):
    root = split(0, leaf(1.0), leaf(10.0), below=1.5)
    plain = pipeline(tmp_path / "plain", imputer, indexer, assembler, trees(root, leaf(4.0)))
    assert asked(plain, numbers) == [2.5, 7.0, 7.0, 2.5, 2.5, 7.0]  # the gap becomes 2
    low = pipeline(tmp_path / "low", functools.partial(imputer, value=-1.0), indexer, assembler, trees(root))
    assert asked(low, numbers) == [1.0, 1.0, 10.0, 1.0, 1.0, 10.0]
    boosted = trees(root, leaf(4.0), kind="GBTRegressionModel", weights=[1.0, 0.1])
    assert asked(pipeline(tmp_path / "boosted", imputer, indexer, assembler, boosted), numbers)[:2] == [1.4, 10.4]
    kept = functools.partial(assembler, names=("size", "town_", "owner"), invalid="keep")
    assert asked(pipeline(tmp_path / "kept", indexer, kept, trees(root)), numbers)[1] == 10.0  # NaN is not below


def test_a_search_stands_for_its_best_model(tmp_path, numbers):
    root = split(0, leaf(1.0), leaf(10.0), below=1.5)
    search = save(tmp_path / "search", "tuning.CrossValidatorModel", {})
    pipeline(search / "bestModel", imputer, indexer, assembler, trees(root))
    assert asked(search, numbers) == [1.0, 10.0, 10.0, 1.0, 1.0, 10.0]


@pytest.mark.parametrize(
    ("among", "left"),
    [
        ([0.0], {"Rome"}),
        ([0.0, 2.0], {"Rome", "Bern"}),
        ([1.0, 2.0, 3.0], {"Oslo", "Bern", ""}),  # 3 is what was never seen, which a gap is
        ([0.0, 1.0, 2.0], {"Rome", "Oslo", "Bern"}),
    ],
)
def test_sets_of_categories(tmp_path, numbers, among, left):
    root = split(1, leaf(1.0), leaf(0.0), among=among, of=4)
    found = asked(pipeline(tmp_path / "model", imputer, indexer, assembler, trees(root)), numbers)
    assert found == [float(town in left) for town in ("Rome", "Oslo", "", "Rome", "Oslo", "Bern")]


def test_a_vector_of_indicators(tmp_path, numbers):
    """Two of the three towns have a place each; a gap has one more where it is kept and none is dropped."""
    names = functools.partial(assembler, names=("hot", "owner"))
    root = split(1, split(0, leaf(0.0), leaf(1.0), below=0.5), leaf(2.0), below=0.5)
    model = pipeline(tmp_path / "dropped", indexer, one_hot, names, trees(root, width=4))
    assert asked(model, numbers) == [1.0, 2.0, 0.0, 1.0, 2.0, 0.0]
    whole = functools.partial(one_hot, drop=False, size=4)
    root = split(3, leaf(0.0), leaf(1.0), below=0.5)
    model = pipeline(tmp_path / "whole", indexer, whole, names, trees(root, width=6))
    assert asked(model, numbers) == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_classes_are_put_in_the_dataset_s_order(tmp_path, dataset):
    def labels(folder):
        params = {"inputCol": "good", "outputCol": "label"}
        return save(folder, "feature.StringIndexerModel", params, {"data": [{"labelsArray": [["yes", "no"]]}]})

    stats = split(2, leaf(0.0, (3.0, 1.0)), leaf(1.0, (0.0, 5.0)), below=0.5)
    forest_of_two = trees(stats, leaf(0.0, (1.0, 1.0)), kind="RandomForestClassificationModel")
    model = pipeline(tmp_path / "averaged", labels, imputer, indexer, assembler, forest_of_two)
    assert dataset.class_names == ("no", "yes")
    assert asked(model, dataset, 2) == [[0.375, 0.625], [0.75, 0.25]]
    boosted = trees(split(2, leaf(-0.5), leaf(0.5), below=0.5), kind="GBTClassificationModel")
    for stages, sign in (((), 1), ((labels,), -1)):
        path = pipeline(tmp_path / f"boosted{sign}", *stages, imputer, indexer, assembler, boosted)
        model, rows = load_model(path, dataset), dataset.features[:2]
        found = explain_rows(
            build_explainer(dataset), model, rows, output="margin", engine="exact", num_features=2
        )
        assert found["prediction"].to_pylist() == [-1.0 * sign, 1.0 * sign]
        odds = np.log(model.predict_fn(rows)[:, 1] / model.predict_fn(rows)[:, 0])
        np.testing.assert_allclose(odds, found["prediction"])


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ((imputer, assembler), "wants the column 'town_', which the table 'houses' lacks"),
        ((functools.partial(imputer, missing=-1.0), indexer, assembler), "treats -1.0 as a gap, and only NaN"),
        (
            (indexer, functools.partial(assembler, names=("size", "town_", "owner"))),
            "refuses 'missing' in .* 'size'",
        ),
        (
            (imputer, functools.partial(indexer, invalid="error"), assembler),
            "refuses 'missing' in the column 'town'",
        ),
        ((imputer, indexer, functools.partial(assembler, names=("size_", "town_"))), "a vector of 3 .* one of 2"),
        (
            (imputer, indexer, lambda at: save(at, "feature.PCAModel", {"outputCol": "vector"})),
            "stage PCA is none",
        ),
    ],
)
def test_stages_that_do_not_fit_are_named(tmp_path, numbers, stages, words):
    model = pipeline(tmp_path / "model", *stages, trees(split(0, leaf(1.0), leaf(2.0), below=0.5)))
    with pytest.raises(SparkLimeError, match=words):
        load_model(model, numbers)


def test_a_number_is_no_category(tmp_path, numbers):
    def wrong(folder):
        return save(folder, "feature.StringIndexerModel", {"inputCol": "size", "outputCol": "town_"}, {})

    (tmp_path / "held").mkdir()
    shutil.copytree(indexer(tmp_path / "other") / "data", tmp_path / "held" / "data")
    model = pipeline(tmp_path / "model", imputer, wrong, assembler, trees(leaf(1.0)))
    shutil.copytree(tmp_path / "held" / "data", next((model / "stages").glob("1_*")) / "data")
    with pytest.raises(SparkLimeError, match=r"takes the column 'size' as categories, .* the role 'categorical'"):
        load_model(model, numbers)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: shutil.rmtree(folder / "metadata"), "holds no saved model of Spark"),
        (
            lambda folder: (folder / "metadata" / "part-00000").write_text("{"),
            "metadata of the saved model .* damaged",
        ),
        (lambda folder: (folder / "metadata" / "part-00000").write_bytes(b"\xff"), "cannot be read"),
        (lambda folder: shutil.rmtree(folder / "data"), "lacks the files of model/data"),
        (lambda folder: shutil.rmtree(folder / "treesMetadata"), "lacks the files of model/treesMetadata"),
        (lambda folder: next((folder / "data").iterdir()).write_bytes(b"PAR1"), "its data cannot be read"),
    ],
)
def test_damaged_folders_are_refused(tmp_path, numbers, spoil, words):
    folder = trees(split(0, leaf(1.0), leaf(2.0), below=0.5))(tmp_path / "model")
    spoil(folder)
    with pytest.raises(SparkLimeError, match=words):
        load_model(folder, numbers)


@pytest.mark.parametrize("change", [{"leftChild": 0}, {"rightChild": 99}, {"id": 7}, {"rightChild": -1}])
def test_trees_that_lead_nowhere_are_refused(tmp_path, numbers, change, monkeypatch):
    from tests.unit.models.spark_ml import saved

    plain = saved.nodes
    monkeypatch.setattr(saved, "nodes", lambda root: [plain(root)[0] | change, *plain(root)[1:]])
    folder = trees(split(0, leaf(1.0), leaf(2.0), below=0.5))(tmp_path / "model")
    with pytest.raises(SparkLimeError, match=r"RandomForestRegressionModel is damaged"):
        load_model(folder, numbers)
