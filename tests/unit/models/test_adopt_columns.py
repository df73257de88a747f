"""Models that were trained on a table's own columns."""

import io

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from sparklime_core import SparkLimeError, adopt_model, build_explainer, explain_rows, load_model, read_csv
from sparklime_core.models.columns_model import ColumnsModel

NUMBERS = ["income", "rooms"]
TEXTS = ["town", "member", "owner", "plan", "country"]
FEW = {"num_samples": 60, "num_features": 5}


def pipeline(texts=TEXTS, numbers=NUMBERS, last=None):
    encoder = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = [("numbers", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers)]
    columns.append(("texts", encoder, texts))
    last = LogisticRegression(max_iter=1000) if last is None else last
    return Pipeline([("columns", ColumnTransformer(columns)), ("last", last)])


def as_read(table):
    """Return a table as pandas reads it from a file, which is not to the last bit."""
    return pd.read_csv(io.BytesIO(table.to_csv(index=False).encode()))


def fitted(model, table):
    return model.fit(table.drop(columns="granted"), table["granted"])


def same(model, dataset, own, table):
    found = model.predict_fn(dataset.features)
    assert np.abs(found - own.predict_proba(table.drop(columns="granted"))).max() <= 1e-9


def test_a_pipeline_is_asked_in_its_own_columns_and_types(loans, loans_read):
    table = as_read(loans)
    own = fitted(pipeline(), table)
    model = adopt_model(own, loans_read)
    same(model, loans_read, own, table)
    assert isinstance(model.estimator, ColumnsModel)
    asked = model.estimator.decoding.decode(loans_read.features)
    assert asked[NUMBERS + TEXTS].dtypes.to_dict() == table[NUMBERS + TEXTS].dtypes.to_dict()
    pd.testing.assert_frame_equal(asked[NUMBERS + TEXTS], table[NUMBERS + TEXTS])
    explainer = build_explainer(loans_read)
    found = explain_rows(explainer, model, loans_read.features[:3], **FEW)
    lime_s = explain_rows(explainer, model, loans_read.features[:3], engine="reference", **FEW)
    assert found["error"].null_count == 3
    assert found["prediction"].to_pylist() == lime_s["prediction"].to_pylist()
    weights = [
        [term["weight"] for row in table["explanation"].to_pylist() for term in row] for table in (found, lime_s)
    ]
    np.testing.assert_allclose(*weights, atol=1e-6)


def test_a_skops_file_of_such_a_pipeline_is_loaded(loans, loans_read, tmp_path):
    table = as_read(loans)
    own = fitted(pipeline(last=RandomForestClassifier(5, n_jobs=2, random_state=0)), table)
    skops.io.dump(own, tmp_path / "mine.skops")
    model = load_model(tmp_path / "mine.skops", loans_read)
    same(model, loans_read, own, table)
    assert model.estimator.estimator[-1].n_jobs == 1
    assert model.trained_elsewhere


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["since"], r"wants the column 'since', a date that the dataset has split into 'since \(year\)'"),
        (["id", "town"], "wants the column 'id', which the dataset leaves out .it is an identifier"),
        (["since", "id"], "wants the column 'id', .*; give the column a role. Nor can it have 'since'"),
        (["granted"], "wants the column 'granted', which is the target"),
        (
            ["street"],
            r"differently when .* first in row \d+: its 'street' is 'street \d+' .*most frequent categories",
        ),
    ],
)
def test_columns_that_cannot_be_decoded_are_named(loans, loans_read, texts, words):
    table = as_read(loans)
    own = pipeline(texts).fit(table, table["granted"])
    with pytest.raises(SparkLimeError, match=words):
        adopt_model(own, loans_read)


def test_columns_that_the_table_lacks_are_named(loans, loans_read):
    table = as_read(loans).assign(age=1.0, sex="f")
    own = fitted(pipeline([*TEXTS, "sex"], [*NUMBERS, "age"]), table)
    with pytest.raises(SparkLimeError, match="wants the columns 'age', 'sex', which the table 'loans' lacks"):
        adopt_model(own, loans_read)


def test_the_first_row_that_is_decoded_otherwise_is_named(loans):
    """Rare categories that the model tells apart; where it puts them together, too, nothing is lost."""
    table = as_read(loans)
    towns = table["street"].where(table.index % 3 > 0, "street 0")
    table = table.assign(street=towns, granted=np.where(towns < "street 2", "yes", "no"))
    dataset = read_csv(table.to_csv(index=False).encode(), "granted")
    grouping = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=12)
    own = make_pipeline(ColumnTransformer([("street", grouping, ["street"])]), LogisticRegression())
    same(adopt_model(fitted(own, table), dataset), dataset, own, table)


def test_the_types_that_an_encoder_knows_overrule_those_of_the_file(loans, loans_read):
    table = as_read(loans).astype({"owner": str, "member": str})
    own = fitted(pipeline(), table)
    model = adopt_model(own, loans_read)
    same(model, loans_read, own, table)
    assert (
        model.estimator.decoding.decode(loans_read.features[:9])["owner"].tolist() == table["owner"][:9].tolist()
    )


def test_gaps_are_those_that_the_encoder_knows(loans):
    kept = io.BytesIO()
    table = loans.drop(columns=["since", "street", "id"])
    table.to_parquet(kept)
    dataset = read_csv(kept.getvalue(), "granted")
    own = make_pipeline(ColumnTransformer([("plan", OneHotEncoder(), ["plan", "town"])]), LogisticRegression())
    own = fitted(own, table)
    model = adopt_model(own, dataset)
    same(model, dataset, own, table)
    assert None in model.estimator.decoding.decode(dataset.features)["plan"].tolist()


@pytest.mark.parametrize("how", ["nullable", "arrow"])
def test_a_table_that_is_given_says_the_types(loans, loans_read, how):
    kept = as_read(loans)[[*NUMBERS, "town", "member", "owner", "granted"]]
    table = kept.convert_dtypes(dtype_backend={"nullable": "numpy_nullable", "arrow": "pyarrow"}[how])
    texts = ["town", "member", "owner"]
    own = Pipeline(
        [
            ("types", FunctionTransformer(lambda asked: _insist(asked, table.dtypes))),
            ("columns", ColumnTransformer([("texts", OneHotEncoder(handle_unknown="ignore"), texts)])),
            ("last", LogisticRegression()),
        ]
    )
    own = fitted(own, table)
    model = adopt_model(own, loans_read, table=table.drop(columns="granted"))
    same(model, loans_read, own, table)
    with pytest.raises(SparkLimeError, match=r"cannot predict .* as pandas reads them: .* give them in the types"):
        adopt_model(own, loans_read)
    with pytest.raises(SparkLimeError, match="has 10 rows, and 'loans' has 400"):
        adopt_model(own, loans_read, table=table[:10])


def _insist(asked, dtypes):
    """Take no column of another type."""
    wrong = [name for name in asked.columns if asked[name].dtype != dtypes[name]]
    if wrong:
        raise TypeError(f"{wrong[0]} has another type")
    return asked


def test_pandas_categories_keep_their_order(loans, loans_read):
    order = pd.CategoricalDtype(["Rome", " Oslo", "Köln"], ordered=True)
    table = as_read(loans).astype({"town": order})
    codes = FunctionTransformer(lambda asked: np.column_stack([asked["town"].cat.codes, asked["rooms"]]))
    own = fitted(
        make_pipeline(codes, RandomForestClassifier(5, random_state=0)), table[["town", "rooms", "granted"]]
    )
    model = adopt_model(own, loans_read, table=table)
    same(model, loans_read, own, table[["town", "rooms", "granted"]])
    assert model.estimator.decoding.decode(loans_read.features[:2])["town"].dtype == order


def test_boosting_of_pandas_categories_and_gaps(loans, loans_read):
    kept = [*NUMBERS, "town", "plan", "owner", "granted"]
    table = as_read(loans)[kept].astype({"town": "category", "plan": "category"})
    own = fitted(HistGradientBoostingClassifier(max_iter=8), table)
    same(adopt_model(own, loans_read), loans_read, own, table)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_numbers_with_gaps_are_told_from_encoded_ones():
    """Columns and features have the same names, and only one of them has NaN for gaps."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"a": np.where(rng.random(300) < 0.3, np.nan, rng.normal(size=300)), "b": rng.normal(size=300)}
    )
    table = as_read(table.assign(y=table["a"].fillna(2.0) + table["b"]))
    dataset = read_csv(table.to_csv(index=False).encode(), "y")
    own = HistGradientBoostingRegressor(max_iter=10).fit(table[["a", "b"]], table["y"])
    encoded = HistGradientBoostingRegressor(max_iter=10).fit(
        pd.DataFrame(dataset.features, columns=["a", "b"]), table["y"]
    )
    for model, takes in ((own, True), (encoded, False)):
        adopted = adopt_model(model, dataset)
        assert isinstance(adopted.estimator, ColumnsModel) == takes
    np.testing.assert_array_equal(
        adopt_model(own, dataset).predict_fn(dataset.features), own.predict(table[["a", "b"]])
    )


def test_texts_that_are_numbers_for_the_dataset_are_no_guess():
    """A column with blanks is of texts for pandas; a model of those texts cannot have the dataset's numbers."""
    table = pd.DataFrame(
        {"fee": ["1.5", " ", "2.5", "7"] * 20, "b": np.arange(80) % 7 + 0.5, "y": list("abba") * 20}
    )
    dataset = read_csv(table.to_csv(index=False).encode(), "y")
    columns = ["fee", "b"]
    of_texts = make_pipeline(ColumnTransformer([("c", OneHotEncoder(), ["fee"])]), LogisticRegression())
    with pytest.raises(SparkLimeError, match=r"wants the column 'fee' as texts like .* give the column the role"):
        adopt_model(of_texts.fit(table[columns], table["y"]), dataset)
    cleaned = table.assign(fee=pd.to_numeric(table["fee"], errors="coerce"))
    of_numbers = HistGradientBoostingClassifier(max_iter=3).fit(cleaned[columns], table["y"])
    model = adopt_model(of_numbers, dataset)
    np.testing.assert_array_equal(model.predict_fn(dataset.features), of_numbers.predict_proba(cleaned[columns]))
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    texts = FunctionTransformer(lambda asked: asked[["fee"]].astype(str))
    both = make_pipeline(texts, ordinal, RandomForestClassifier(5, random_state=0))
    with pytest.raises(SparkLimeError, match="'fee' is of texts for pandas and of numbers for the dataset"):
        adopt_model(both.fit(table[columns], table["y"]), dataset)


class Joined(TransformerMixin, BaseEstimator):
    """A transformer of one's own that says nothing of its columns."""

    def fit(self, table, _=None):
        self.fitted_ = True
        return self

    def transform(self, table):
        return np.column_stack([table["rooms"] * 2, table["town"] == "Rome"]).astype(float)


def test_unions_and_steps_of_one_s_own(loans, loans_read):
    table = as_read(loans)
    union = FeatureUnion([("one", pipeline()[0]), ("two", pipeline(["town"], ["rooms"])[0])])
    own = fitted(make_pipeline(union, LogisticRegression(max_iter=1000)), table)
    same(adopt_model(own, loans_read), loans_read, own, table)
    columns = [name for name in loans_read.encoding.columns() if name in table.columns]
    silent = make_pipeline(Joined(), LogisticRegression()).fit(table, table["granted"])
    kept = [name for name in columns if name not in ("since", "street")]
    model = adopt_model(silent, loans_read, table=table[kept])
    np.testing.assert_allclose(model.predict_fn(loans_read.features), silent.predict_proba(table), atol=1e-9)


def test_a_search_and_a_transformed_target_are_looked_into(loans, loans_read):
    table = as_read(loans).astype({"owner": str})
    search = GridSearchCV(
        pipeline(last=GradientBoostingClassifier(n_estimators=3)), {"last__max_depth": [1, 2]}, cv=2
    )
    own = fitted(search, table)
    model = adopt_model(own, loans_read)  # 'since', 'street' and 'id' are not used
    same(model, loans_read, own, table)
    found = explain_rows(build_explainer(loans_read), model, loans_read.features[:2], output="margin", **FEW)
    wanted = own.decision_function(table.drop(columns="granted")[:2])
    np.testing.assert_allclose(found["prediction"], wanted, atol=1e-9)
    dataset = read_csv(loans.to_csv(index=False).encode(), "rooms", task="regression")
    inner = pipeline(texts=["town", "owner"], numbers=["income"], last=Ridge())
    scaled = TransformedTargetRegressor(inner, func=np.log, inverse_func=np.exp)
    scaled.fit(table.drop(columns="rooms"), table["rooms"])
    predicted = adopt_model(scaled, dataset).predict_fn(dataset.features)
    np.testing.assert_allclose(predicted, scaled.predict(table.drop(columns="rooms")), rtol=1e-9)


def test_values_that_were_never_seen_do_not_cost_the_others(loans, loans_read):
    """New rows: a category and a gap that the model's table lacks."""
    from sparklime_core import read_rows

    table = as_read(loans)
    model = adopt_model(fitted(pipeline(), table), loans_read)
    new = table[:4].copy().astype({"member": object, "rooms": object})
    new.loc[0, "town"] = "Bern"
    new.loc[1, "member"] = np.nan
    new.loc[2, "rooms"] = np.nan
    rows = read_rows(new.to_csv(index=False).encode(), loans_read.encoding)
    found = explain_rows(build_explainer(loans_read), model, rows.features, **FEW)
    errors = found["error"].to_pylist()
    assert errors[0] is None
    assert errors[3] is None
    assert "'rooms' is missing" in errors[2]
    asked = model.estimator.decoding.decode(rows.features[:2])
    assert asked["town"][0] == "unseen"
    assert asked["member"].tolist()[0] in (True, False)
    assert np.isnan(asked["member"].tolist()[1])
