"""Tree models of ``pyspark.ml``: from memory and from where they were saved, held against Spark's own answers."""

import io
import shutil
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pyspark.ml import Pipeline
from pyspark.ml.classification import DecisionTreeClassifier, GBTClassifier, RandomForestClassifier
from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, RandomForestRegressor

from sparklime_core import (
    SparkLimeError,
    adopt_model,
    build_explainer,
    connect,
    explain_dataframe,
    explain_rows,
    load_model,
    read_csv,
)
from tests.spark.conftest import EMBEDDED, done, refused
from tests.unit.explain.exact.test_columns import assert_as_enumerated

pytestmark = pytest.mark.spark
FEW = {"num_samples": 60, "num_features": 4}
SMALL = {"maxDepth": 3, "featuresCol": "vector"}
CLASSIFIERS = {
    "tree": lambda: DecisionTreeClassifier(**SMALL),
    "forest": lambda: RandomForestClassifier(**SMALL, numTrees=4, seed=1),
    "boosted": lambda: GBTClassifier(**SMALL, maxIter=4, seed=1),
}
REGRESSORS = {
    "tree": lambda: DecisionTreeRegressor(**SMALL, labelCol="fee"),
    "forest": lambda: RandomForestRegressor(**SMALL, labelCol="fee", numTrees=4, seed=1),
    "boosted": lambda: GBTRegressor(**SMALL, labelCol="fee", maxIter=4, seed=1),
}
RNG = np.random.default_rng(5)
ROWS = 300
TABLE = pd.DataFrame(
    {
        "income": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(size=ROWS).round(3)),
        "rooms": RNG.integers(1, 9, ROWS),
        "town": RNG.choice(np.array(["Oslo", "Rome", "Köln", None], dtype=object), ROWS),
        "plan": RNG.choice(["basic", "plus", "more"], ROWS),
        "owner": RNG.integers(0, 2, ROWS),
    }
)
TABLE["fee"] = TABLE["rooms"] * 1.5 + (TABLE["town"] == "Rome") * 3 + TABLE["income"].fillna(1)
TABLE["granted"] = np.where((TABLE["income"].fillna(0) > 0) ^ (TABLE["plan"] == "plus"), "yes", "no")
CONTENT = TABLE.to_csv(index=False).encode()
VECTOR = ["income_", "rooms", "town_", "plan_v", "owner"]


def stages():
    return [
        StringIndexer(inputCol="granted", outputCol="label"),
        StringIndexer(inputCol="town", outputCol="town_", handleInvalid="keep"),
        StringIndexer(inputCols=["plan"], outputCols=["plan_"]),
        OneHotEncoder(inputCols=["plan_"], outputCols=["plan_v"]),
        Imputer(inputCols=["income"], outputCols=["income_"], strategy="median"),
        VectorAssembler(inputCols=VECTOR, outputCol="vector"),
    ]


@pytest.fixture(scope="module")
def spark():
    return connect(EMBEDDED)


@pytest.fixture(scope="module")
def df(spark):
    table = pd.read_csv(io.BytesIO(CONTENT)).astype(object).where(TABLE.notna(), None)
    return spark.createDataFrame(table).coalesce(1)


@pytest.fixture(scope="module")
def prepared(df):
    """All stages but the last, which are fitted once."""
    return Pipeline(stages=stages()).fit(df)


@pytest.fixture(scope="module")
def loans():
    return read_csv(CONTENT, "granted", drop=["fee"])


@pytest.fixture(scope="module")
def fees():
    return read_csv(CONTENT, "fee", drop=["granted"])


@pytest.fixture(scope="module")
def classifier(prepared, df):
    """A function that returns the fitted pipeline of a kind of classifiers."""
    return cache(lambda kind: fitted(prepared, df, CLASSIFIERS[kind]()))


@pytest.fixture(scope="module")
def saved(classifier, tmp_path_factory):
    """A function that returns the folder in which such a pipeline is saved."""

    @cache
    def folder(kind):
        path = tmp_path_factory.mktemp(kind) / "saved"
        classifier(kind).save(str(path))
        return path

    return folder


def fitted(prepared, df, last):
    whole = prepared.copy()
    return type(whole)([*prepared.stages, last.fit(prepared.transform(df))])


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers_predict_and_explain_as_spark_s_own(df, prepared, loans, classifier, saved, kind):
    own = classifier(kind)
    model = adopt_model(own, loans, table=df)
    labels = list(prepared.stages[0].labels)
    order = [labels.index(name) for name in loans.class_names]
    wanted = np.array([row[0].toArray()[order] for row in own.transform(df).select("probability").collect()])
    np.testing.assert_allclose(model.predict_fn(loans.features), wanted, atol=1e-9)
    again = load_model(saved(kind), loans)
    np.testing.assert_array_equal(again.predict_fn(loans.features), model.predict_fn(loans.features))
    explainer, rows = build_explainer(loans), loans.features[:20]
    output = "margin" if kind == "boosted" else "probability"
    exact = explain_rows(explainer, model, rows, engine="exact", output=output, labels=[1], **FEW)
    assert exact["error"].null_count == len(exact)
    if kind == "boosted":
        assert_as_enumerated(model, explainer)
        raw = np.array([row[0].toArray()[order] for row in own.transform(df).select("rawPrediction").take(20)])
        np.testing.assert_allclose(exact["prediction"], 2 * raw[:, 1], atol=1e-9)
        with pytest.raises(
            SparkLimeError, match="probability of GBTClassificationModel, which is no sum of trees"
        ):
            explain_rows(explainer, model, rows, engine="exact")
    else:
        np.testing.assert_allclose(exact["prediction"], wanted[:20, 1], atol=1e-9)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors_predict_and_explain_as_spark_s_own(df, prepared, fees, kind):
    own = fitted(prepared, df, REGRESSORS[kind]())
    model = adopt_model(own, fees, table=df)
    wanted = [row[0] for row in own.transform(df).select("prediction").collect()]
    np.testing.assert_allclose(model.predict_fn(fees.features), wanted, rtol=1e-9)
    exact = explain_rows(build_explainer(fees), model, fees.features[:20], engine="exact", **FEW)
    np.testing.assert_allclose(exact["prediction"], wanted[:20], rtol=1e-9)


def test_executors_explain_without_spark_s_model(df, loans, classifier):
    model = adopt_model(classifier("forest"), loans)
    explainer, names = build_explainer(loans), list(loans.encoding.columns())
    few = df.limit(20)
    there = explain_dataframe(
        few, explainer, model, names, encoding=loans.encoding, engine="exact", **FEW
    ).toArrow()
    here = explain_rows(explainer, model, loans.features[:20], engine="exact", **FEW)
    assert there.to_pylist() == here.to_pylist()


def test_a_model_alone_is_one_of_the_dataset_s_features(spark, loans):
    table = pd.DataFrame(loans.features, columns=list(loans.feature_names)).assign(label=loans.target)
    df = VectorAssembler(inputCols=list(loans.feature_names), outputCol="features").transform(
        spark.createDataFrame(table)
    )
    own = RandomForestClassifier(numTrees=3, seed=2).fit(df)
    wanted = np.array([row[0].toArray() for row in own.transform(df).select("probability").collect()])
    np.testing.assert_allclose(adopt_model(own, loans, table=df).predict_fn(loans.features), wanted, atol=1e-9)
    narrow = read_csv(CONTENT, "granted", drop=["fee", "rooms"])
    with pytest.raises(SparkLimeError, match="a vector of 5 numbers, and the dataset makes one of 4"):
        adopt_model(own, narrow)


def test_what_is_not_understood_is_refused_by_name(df, prepared, loans, fees, classifier):
    scaled = StandardScaler(inputCol="vector", outputCol="scaled").fit(prepared.transform(df))
    tree = DecisionTreeClassifier(featuresCol="scaled", maxDepth=1).fit(scaled.transform(prepared.transform(df)))
    with pytest.raises(SparkLimeError, match="stage StandardScaler is none that is understood here"):
        adopt_model(type(prepared)([*prepared.stages, scaled, tree]), loans)
    with pytest.raises(SparkLimeError, match="no stage of trees, but StringIndexerModel"):
        adopt_model(prepared, loans)
    own = classifier("tree")
    with pytest.raises(SparkLimeError, match="predicts classes, and the target is a number"):
        adopt_model(own, fees)
    with pytest.raises(SparkLimeError, match="has 10 rows, and 'table' has 300"):
        adopt_model(own, loans, table=df.limit(10))
    with pytest.raises(SparkLimeError, match=r"Spark predicts \d+ of 300 rows otherwise .* first row \d+"):
        adopt_model(own, loans, table=df.withColumn("income", -df["income"]))
    strict = StringIndexer(inputCol="town", outputCol="town_").fit(df.dropna(subset=["town"]))
    refusing = type(prepared)([*prepared.stages[:1], strict, *prepared.stages[2:], own.stages[-1]])
    with pytest.raises(
        SparkLimeError, match="refuses 'missing' in the column 'town'; train it with handleInvalid"
    ):
        adopt_model(refusing, loans)


def test_a_saved_model_is_explained_from_the_command_line(saved, wine_folder):
    (wine_folder / "loans.csv").write_bytes(CONTENT)
    words = ("loans.csv", "--target", "granted", "--drop", "fee", "--model-file", saved("forest"), "--rows", 8)
    done("explain", *words, "--out", "run", "--engine", "exact", "--master", EMBEDDED)
    done(
        "explain",
        "loans.csv",
        "--trained-in",
        "run",
        "--out",
        "again",
        "--rows",
        8,
        "--master",
        EMBEDDED,
        "--engine",
        "exact",
    )
    first, again = (pd.read_parquet(wine_folder / name / "explanations.parquet") for name in ("run", "again"))
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.filterwarnings("ignore")
def test_spark_s_flavour_of_mlflow_is_explained_from_the_command_line(
    loans, classifier, saved, wine_folder, mlflow, monkeypatch
):
    (wine_folder / "loans.csv").write_bytes(CONTENT)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{wine_folder / 'store.db'}")
    shutil.copytree(saved("tree"), wine_folder / "logged" / "sparkml")
    mlflow.models.Model(flavors={"spark": {"model_data": "sparkml"}}).save(str(wine_folder / "logged" / "MLmodel"))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(wine_folder / "logged"), "model")
    words = ("explain", "loans.csv", "--target", "granted", "--drop", "fee", "--rows", 8, "--master", EMBEDDED)
    done(*words, "--model-uri", f"runs:/{run.info.run_id}/model", "--out", "run", "--engine", "exact")
    found = pd.read_parquet(wine_folder / "run" / "explanations.parquet")
    predicted = adopt_model(classifier("tree"), loans).predict_fn(loans.features[:8])
    np.testing.assert_allclose(found["prediction"], predicted.max(axis=1))
    assert "--model-uri must be like" in refused(*words, "--model-uri", "models", "--out", "other")
