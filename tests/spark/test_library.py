"""`explainer_udf` and `explain_dataframe` on columns as people have them: names, ids, types, and bad ones."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lime.lime_tabular import LimeTabularExplainer
from pyspark.errors import PythonException
from pyspark.serializers import CPickleSerializer
from pyspark.sql import functions as sf
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sparklime_core import (
    SparkLimeError,
    adopt_model,
    build_explainer,
    connect,
    explain_dataframe,
    explain_rows,
    explainer_udf,
    load_sample,
    train_forest,
)
from sparklime_core.data.table_source import read_sample
from sparklime_core.spark.session.choose_backend import backend_of
from tests.spark.conftest import EMBEDDED, asked, weights_of

pytestmark = pytest.mark.spark
FEW = {"num_samples": 60, "num_features": 8}
NAMES = ["Body.Mass", "wing `span`", " tail "]
ROWS = np.random.default_rng(8).normal(size=(60, 3))
FOREST = RandomForestClassifier(3, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
EXPLAINER = LimeTabularExplainer(ROWS, feature_names=NAMES, random_state=0)
HERE = explain_rows(EXPLAINER, FOREST, ROWS[:3], **FEW)

IDS = {
    "'007'": "007",
    "cast(9007199254740993 as bigint)": 9007199254740993,
    "cast(1.7 as double)": 1.7,
    "cast(3 as tinyint)": 3,
    "cast('12345678901234567890.123456789012345678' as decimal(38, 18))": decimal.Decimal(
        "12345678901234567890.123456789012345678"
    ),
    "date'1582-10-04'": dt.date(1582, 10, 4),
    "timestamp_ntz'1901-02-03 04:05:06.789012'": dt.datetime(1901, 2, 3, 4, 5, 6, 789012),
    "cast('raw' as binary)": b"raw",
    "cast(null as string)": None,
    "true": True,
    "named_struct('shop', 7, 'parts', array('x'))": (7, ["x"]),
}


@pytest.fixture(scope="module")
def spark():
    return connect(EMBEDDED)


@pytest.fixture(scope="module")
def birds(spark):
    """Three rows in one partition, for which one Python worker is enough."""
    return spark.createDataFrame(ROWS[:3].tolist(), NAMES).coalesce(1)


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


EXPECTED = weights_of(HERE["explanation"].to_pylist())


def test_columns_are_known_by_their_exact_names(spark, birds):
    explain = explainer_udf(spark, EXPLAINER, FOREST, **FEW)
    beside = birds.withColumn("Body", sf.struct(sf.lit(99.0).alias("Mass"))).withColumn("Tail", sf.lit("-"))
    for names in (NAMES, NAMES[::-1], ["`Body.Mass`", "`wing ``span```", "` tail `"]):
        assert asked(beside, explain(*names)) == EXPECTED
    assert asked(beside, explain(*(beside[quoted(name)] for name in NAMES[::-1]))) == EXPECTED
    half = sf.col("`Body.Mass`") / 2
    assert asked(beside, explain(half * 2, NAMES[1], NAMES[2])) == EXPECTED
    with pytest.raises(SparkLimeError, match="is in the place of the explainer's"):
        explain(half, NAMES[2], NAMES[1])
    with pytest.raises(SparkLimeError, match="'mass' is left over"):
        explain("mass", *NAMES[1:])
    with pytest.raises(SparkLimeError, match="3 features, but 1"):
        explain(NAMES)
    with pytest.raises(SparkLimeError, match="A column or its name"):
        explain(1, 2, 3)


def test_a_dataframe_is_matched_by_name_and_keeps_what_is_asked_for(birds):
    twins = birds.select("*", sf.lit(1).alias("TAG"), sf.array(sf.lit("x")).alias("tag"))
    explained = explain_dataframe(twins, EXPLAINER, FOREST, NAMES[::-1], keep=["tag", " tail "], **FEW)
    found = explained.collect()
    assert [row["row_id"] for row in found] == [0, 1, 2]
    assert weights_of([row["explanation"] for row in found]) == EXPECTED
    assert [row["tag"] for row in found] == [["x"]] * 3
    assert [row[" tail "] for row in found] == ROWS[:3, 2].tolist()
    renamed = birds.toDF("m", "w", "t")
    placed = explain_dataframe(renamed, EXPLAINER, FOREST, ["M", "w", "`t`"], **FEW).collect()
    assert weights_of([row["explanation"] for row in placed]) == EXPECTED


@pytest.fixture
def ansi_setting(spark):
    """Leave the session as it was to other tests."""
    yield "spark.sql.ansi.enabled"
    spark.conf.unset("spark.sql.ansi.enabled")


def test_ids_come_back_as_they_were_whatever_spark_thinks_of_ansi(spark, birds, ansi_setting):
    many = birds.limit(1).withColumns({name: sf.expr(sql) for name, sql in zip("abcdefghijk", IDS, strict=True)})
    for ansi in ("true", "false"):
        spark.conf.set(ansi_setting, ansi)
        kept = explain_dataframe(many, EXPLAINER, FOREST, NAMES, id_col="a", keep=list("bcdefghijk"), **FEW)
        (row,) = kept.collect()
        assert [row["row_id"], *(row[name] for name in "bcdefghijk")] == list(IDS.values())
        assert [kept.schema[name].dataType for name in "bcdefghijk"] == [
            many.schema[name].dataType for name in "bcdefghijk"
        ]
    twice = explain_dataframe(many.union(many), EXPLAINER, FOREST, NAMES, id_col="k", labels="all", **FEW)
    assert [row["row_id"] for row in twice.collect()] == [(7, ["x"])] * 4


def test_both_take_and_refuse_the_same_types(spark, birds):
    explain = explainer_udf(spark, EXPLAINER, FOREST, **FEW)
    kinds = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal(5, 1)", "boolean", "int")
    for begin in range(0, len(kinds), 3):
        casts = dict(zip(NAMES, kinds[begin : begin + 3], strict=True))
        typed = birds.select(*(sf.col(quoted(name)).cast(kind).alias(name) for name, kind in casts.items()))
        found = explain_dataframe(typed, EXPLAINER, FOREST, NAMES, **FEW).collect()
        assert weights_of([row["explanation"] for row in found]) == asked(typed, explain(*NAMES))
    for sql in ("'1.5'", "current_date()", "array(1.0)", "cast('1' as binary)", "interval '1' day", "null"):
        typed = birds.withColumn(" tail ", sf.expr(sql))
        with pytest.raises(SparkLimeError, match=r"' tail ' is of type .* LIME needs numbers"):
            explain_dataframe(typed, EXPLAINER, FOREST, NAMES, **FEW)
    typed = birds.withColumn(" tail ", sf.lit("1.5"))
    with pytest.raises(
        PythonException, match=r"DataError: The column of ' tail ' is of type string, and LIME needs"
    ):
        typed.select(explain(*NAMES)).collect()


def test_gaps_are_said_and_cost_the_others_nothing(birds):
    gap = birds.withColumn(" tail ", sf.when(sf.col("` tail `") != ROWS[1, 2], sf.col("` tail `")))
    found = explain_dataframe(gap, EXPLAINER, FOREST, NAMES, **FEW).collect()
    assert [row["error"] for row in found] == [
        None,
        "The value of ' tail ' is missing, and the model has never seen it missing.",
        None,
    ]


@pytest.fixture(scope="module")
def raw(spark):
    """A table as people keep it, the columns that a model needs, and what they were read as."""
    penguins, reading = load_sample("penguins"), read_sample("penguins")
    table = pd.DataFrame({column.name: column.values.to_pylist() for column in reading.columns})[:40]
    df = spark.createDataFrame(table.astype(object).where(table.notna(), None)).coalesce(1)
    return penguins, table, df, [name for name in table.columns if name != "species"]


def test_an_encoding_takes_columns_as_people_keep_them(raw):
    penguins, table, df, names = raw
    model = train_forest(penguins, n_estimators=5)
    explainer = build_explainer(penguins)
    found = explain_dataframe(df, explainer, model, names, encoding=penguins.encoding, id_col="species", **FEW)
    here = explain_rows(explainer, model, penguins.features[:40], **FEW)
    rows = found.collect()
    assert weights_of([row["explanation"] for row in rows]) == weights_of(here["explanation"].to_pylist())
    assert [row["row_id"] for row in rows] == table["species"].tolist()
    for wrong, words in (
        ({"encoding": penguins}, "encoding must be that of a dataset"),
        ({"encoding": load_sample("wine").encoding}, "take both from one dataset"),
    ):
        with pytest.raises(SparkLimeError, match=words):
            explain_dataframe(df, explainer, model, names, **wrong)
    with pytest.raises(SparkLimeError, match="no column 'year', which the model needs"):
        explain_dataframe(df, explainer, model, [n for n in names if n != "year"], encoding=penguins.encoding)


def test_a_pipeline_on_raw_columns_is_asked_in_them_on_executors(spark):
    penguins, reading = load_sample("penguins"), read_sample("penguins")
    table = pd.DataFrame({column.name: column.values.to_pylist() for column in reading.columns})
    names = [name for name in table.columns if name != "species"]
    encoder = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    columns = ColumnTransformer([("texts", encoder, ["island", "sex"])], remainder=SimpleImputer())
    own = make_pipeline(columns, RandomForestClassifier(5, random_state=0)).fit(table[names], table["species"])
    model, explainer = adopt_model(own, penguins, table=table), build_explainer(penguins)
    df = spark.createDataFrame(table[:40].astype(object).where(table[:40].notna(), None))
    found = explain_dataframe(df, explainer, model, names, encoding=penguins.encoding, labels=[1], **FEW).toArrow()
    here = explain_rows(explainer, model, penguins.features[:40], labels=[1], **FEW)
    assert found.to_pylist() == here.to_pylist()
    assert found["prediction"].to_pylist() == own.predict_proba(table[names][:40])[:, 1].tolist()


@pytest.mark.parametrize(
    ("change", "keywords", "words"),
    [
        (lambda df: df.toPandas(), {}, "A Spark DataFrame is needed, not DataFrame"),
        (lambda df: None, {}, "A Spark DataFrame is needed, not NoneType"),
        (lambda df: df.withColumnRenamed("wing `span`", " tail "), {}, "2 columns ' tail '|no column 'wing"),
        (lambda df: df.drop(" tail "), {}, "The DataFrame has no column ' tail '; it has Body.Mass, "),
        (lambda df: df, {"feature_cols": NAMES[:2]}, "3 features, but 2"),
        (lambda df: df, {"feature_cols": "abc"}, "feature_cols must be a sequence of names"),
        (lambda df: df, {"feature_cols": None}, "feature_cols must be a sequence of names"),
        (lambda df: df, {"feature_cols": [0, 1, 2]}, "feature_cols must be a sequence of names"),
        (
            lambda df: df.withColumn("x", sf.lit(1)),
            {"feature_cols": [*NAMES[:2], "x"]},
            "' tail ' is missing; 'x' is",
        ),
        (lambda df: df, {"id_col": "id"}, "no column 'id'"),
        (lambda df: df, {"id_col": 7}, "id_col must be the name"),
        (
            lambda df: df.withColumn("i", sf.expr("interval '1' year")),
            {"id_col": "i"},
            "'i' is of type .* cannot be kept",
        ),
        (lambda df: df.withColumn("score", sf.lit(1)), {"keep": ["score"]}, "a column 'score' already"),
        (lambda df: df, {"keep": " tail "}, "keep must be a sequence of names"),
        (lambda df: df, {"keep": [" tail ", " tail "]}, "a column ' tail ' already"),
        (lambda df: df.sparkSession.readStream.format("rate").load(), {"feature_cols": NAMES}, "no column"),
        (
            lambda df: (
                df.sparkSession.readStream.format("rate").load().selectExpr("value a", "value b", "value c")
            ),
            {"feature_cols": ["a", "b", "c"]},
            "streaming DataFrame have no positions; give id_col",
        ),
        (lambda df: df, {"engine": "magic"}, "engine must be one of"),
    ],
)
def test_what_is_wrong_is_said_at_once(birds, change, keywords, words):
    arguments = {"feature_cols": NAMES, **FEW, **keywords}
    with pytest.raises(SparkLimeError, match=words) as caught:
        explain_dataframe(change(birds), EXPLAINER, FOREST, **arguments)
    assert "\n" not in str(caught.value)


def test_a_udf_refuses_what_is_no_session_or_no_label(spark):
    for session in (None, "local[1]", spark.sparkContext):
        with pytest.raises(SparkLimeError, match="A Spark session is needed"):
            explainer_udf(session, EXPLAINER, FOREST)
    for labels in ("all", [0, 1], 1, None):
        with pytest.raises(SparkLimeError, match="labels must be"):
            explainer_udf(spark, EXPLAINER, FOREST, labels=labels)


def test_profiles_come_from_the_executors_as_they_are_here(birds):
    here = explain_rows(EXPLAINER, FOREST, ROWS[:3], profiles=True, **FEW)
    names = [quoted(name) for name in NAMES]
    there = explain_dataframe(birds, EXPLAINER, FOREST, NAMES, profiles=True, **FEW).orderBy("row_id").toArrow()
    assert there.schema.names == here.schema.names
    assert there.to_pylist() == here.to_pylist()
    assert here["profiles"].null_count == 0
    column = explainer_udf(birds.sparkSession, EXPLAINER, FOREST, profiles=True, **FEW)(*map(sf.col, names))
    told = birds.select(column.alias("told"))
    assert told.schema["told"].dataType.simpleString() == "array<struct<feature_explanation:string,weight:double>>"


def test_a_udf_takes_columns_as_people_keep_them(spark, raw):
    penguins, _, df, names = raw
    model, explainer = train_forest(penguins, n_estimators=5), build_explainer(penguins)
    explain = explainer_udf(spark, explainer, model, encoding=penguins.encoding, **FEW)
    here = explain_rows(explainer, model, penguins.features[:40], **FEW)

    assert asked(df, explain(*names)) == weights_of(here["explanation"].to_pylist())
    assert asked(df, explain(*(df[name] for name in reversed(names)))) == asked(df, explain(*names))
    for columns, words in (
        ((*names, names[0]), "was given twice"),
        ([name for name in names if name != "year"], "no column 'year'"),
        ((sf.lit(1), *names), "columns are given by name"),
    ):
        with pytest.raises(SparkLimeError, match=words):
            explain(*columns)
    with pytest.raises(SparkLimeError, match="take both from one dataset"):
        explainer_udf(spark, explainer, model, encoding=load_sample("wine").encoding, **FEW)


def test_weights_have_a_column_for_each_feature_on_request(birds):
    found = explain_dataframe(birds, EXPLAINER, FOREST, NAMES, weight_columns=True, num_samples=60, num_features=2)
    table = found.toArrow()

    assert table.column_names[-3:] == [f"weight_{name}" for name in NAMES]
    for row in table.to_pylist():
        weights = {entry["feature"]: entry["weight"] for entry in row["explanation"]}
        assert {name: row[f"weight_{name}"] for name in NAMES} == {name: weights.get(name) for name in NAMES}
    with pytest.raises(SparkLimeError, match="weight_columns must be True or False"):
        explain_dataframe(birds, EXPLAINER, FOREST, NAMES, weight_columns="all")


def test_a_stream_is_explained_as_it_comes(spark, birds, tmp_path):
    numbered = birds.selectExpr("*", "concat('bird ', round(` tail `, 6)) AS name")
    numbered.write.parquet(str(tmp_path / "birds"))
    stream = spark.readStream.schema(numbered.schema).parquet(str(tmp_path / "birds"))
    explained = explain_dataframe(stream, EXPLAINER, FOREST, NAMES, id_col="name", **FEW)
    writer = explained.writeStream.format("memory").queryName("explained_birds").trigger(availableNow=True)
    query = writer.option("checkpointLocation", str(tmp_path / "checkpoint")).start()
    try:
        query.processAllAvailable()
    finally:
        query.stop()
    found = {row["row_id"]: weights_of([row["explanation"]]) for row in spark.table("explained_birds").collect()}

    assert found == {row["name"]: [weights] for row, weights in zip(numbered.collect(), EXPECTED, strict=True)}
    with pytest.raises(SparkLimeError, match="have no positions; give id_col"):
        explain_dataframe(stream, EXPLAINER, FOREST, NAMES, **FEW)


def test_what_executors_send_back_is_bytes_and_never_unpickled(spark, monkeypatch):
    def refuse(*_):
        raise AssertionError("the driver unpickles what an executor sent")

    sent = pa.table({"number": [1, 2, 3]})
    monkeypatch.setattr(CPickleSerializer, "loads", refuse)
    found = backend_of(spark).map_batches(sent, 1, lambda batches: batches, sent.schema)
    assert found.equals(sent)
