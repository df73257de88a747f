"""What a predict function may return, and what is said of one that fails: the same for all engines."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.svm import SVC

from sparklime_core import SparkLimeError, explain_rows, load_sample, stability, train_forest
from sparklime_core.errors import PredictionError

FEW = {"num_samples": 60, "num_features": 8}
QUICK = {"engine": "reference", "num_samples": 100}
ROWS = np.random.default_rng(4).normal(size=(50, 2))
FOREST = RandomForestClassifier(4, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
BY_FUNCTION = ("reference", "sampled")


def explain(predict, mode="classification", engine="sampled", rows=ROWS[:2], **keywords):
    explainer = LimeTabularExplainer(ROWS, feature_names=["u", "v"], mode=mode, random_state=0)
    return explain_rows(explainer, predict, rows, engine=engine, **FEW, **keywords)


@pytest.mark.parametrize("engine", BY_FUNCTION)
@pytest.mark.parametrize(
    "answer",
    [
        lambda p: p.tolist(),
        lambda p: [list(row) for row in p],
        pd.DataFrame,
        lambda p: p.astype(object),
        np.ma.masked_array,
        np.asfortranarray,
        lambda p: pd.DataFrame(p).convert_dtypes(),
    ],
)
def test_what_is_as_good_as_an_array_explains_as_the_array_does(engine, answer):
    found = explain(lambda rows: answer(FOREST.predict_proba(rows)), engine=engine)
    assert found.equals(explain(FOREST.predict_proba, engine=engine))


@pytest.mark.parametrize("engine", BY_FUNCTION)
def test_float32_whole_numbers_and_flags_are_numbers(engine):
    yes_no = explain(lambda rows: np.column_stack([rows[:, 0] > 0, rows[:, 0] <= 0]), engine=engine)
    whole = explain(lambda rows: np.column_stack([rows[:, 0] > 0, rows[:, 0] <= 0]).astype(np.int8), engine=engine)
    assert yes_no["error"].null_count == 2
    assert yes_no.equals(whole)
    single = explain(lambda rows: FOREST.predict_proba(rows).astype(np.float32), engine=engine)
    double = explain(FOREST.predict_proba, engine=engine)
    np.testing.assert_allclose(single["intercept"], double["intercept"], atol=1e-6)


@pytest.mark.parametrize("engine", BY_FUNCTION)
def test_one_class_is_a_class(engine):
    found = explain(lambda rows: np.ones((len(rows), 1)), engine=engine)
    assert found["label"].to_pylist() == [0, 0]
    assert found["prediction"].to_pylist() == [1.0, 1.0]


@pytest.mark.parametrize("engine", BY_FUNCTION)
def test_a_function_may_change_its_rows_and_reuse_its_answer(engine):
    kept = np.empty((100_000, 2))

    def careless(rows):
        kept[: len(rows)] = FOREST.predict_proba(rows)
        rows[:] = -1.0
        return kept[: len(rows)]

    for unbinned in (False, True):
        options = {"discretize_continuous": not unbinned, "random_state": 0}
        explainer = LimeTabularExplainer(ROWS, **options)
        found = explain_rows(explainer, careless, ROWS[:3], engine=engine, **FEW)
        assert found.equals(explain_rows(explainer, FOREST.predict_proba, ROWS[:3], engine=engine, **FEW))


@pytest.mark.parametrize("engine", BY_FUNCTION)
@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (FOREST.predict, "one probability per class"),
        (lambda rows: FOREST.predict_proba(rows)[:-1], "shape"),
        (lambda rows: FOREST.predict_proba(rows)[None], "shape"),
        (lambda rows: np.where(rows < 9, np.nan, 1), "not a finite number"),
        (lambda rows: np.ma.masked_all((len(rows), 2)), "not a finite number"),
        (lambda rows: FOREST.predict_proba(rows) * 2, "sum to 2"),
        (lambda rows: FOREST.predict_proba(rows).astype(str), "no numbers"),
        (lambda rows: FOREST.predict_proba(rows).astype(str).astype(object), "no numbers"),
        (lambda rows: FOREST.predict_proba(rows) + 0j, "no numbers"),
        (lambda rows: sp.csr_matrix(FOREST.predict_proba(rows)), "no numbers"),
        (lambda rows: None, "shape"),
        (lambda rows: {"a": 1}, "no numbers"),
        (lambda rows: (row for row in rows), "no numbers"),
    ],
)
def test_what_no_engine_can_use_is_refused(engine, returned, words):
    with pytest.raises(SparkLimeError, match=words) as caught:
        explain(returned, engine=engine)
    assert str(caught.value).startswith("The predict function ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", BY_FUNCTION)
@pytest.mark.parametrize(
    "returned", [lambda rows: rows, lambda rows: rows[:5, 0], lambda rows: rows[:, 0].astype(str)]
)
def test_regression_needs_a_number_a_row(engine, returned):
    with pytest.raises(SparkLimeError, match="The predict function returned"):
        explain(returned, "regression", engine=engine)


@pytest.mark.parametrize("engine", BY_FUNCTION)
@pytest.mark.parametrize(
    "raised", [KeyError("temp"), RuntimeError("two\nlines"), MemoryError(), StopIteration(), AssertionError()]
)
def test_what_a_function_raises_is_said_to_be_its_own_and_kept(engine, raised):
    def fails(rows):
        raise raised

    with pytest.raises(
        SparkLimeError, match=f"The predict function failed on 256 rows: {type(raised).__name__}"
    ) as caught:
        explain(fails, engine=engine)
    assert caught.value.__cause__ is raised
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (RandomForestClassifier, "is the class RandomForestClassifier"),
        (RandomForestClassifier(), "NotFittedError"),
        (SVC(), "predict_proba, not SVC"),
        (None, "not NoneType"),
        ("forest", "not str"),
        (
            RandomForestClassifier(2, random_state=0).fit(ROWS[:, :1], ROWS[:, 0] > 0),
            "failed on 256 rows: ValueError",
        ),
    ],
)
def test_a_model_that_is_none_is_refused(model, words):
    for engine in BY_FUNCTION:
        with pytest.raises(SparkLimeError, match=words):
            explain(model, engine=engine)


def test_a_model_of_ours_stands_for_its_function():
    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=5)
    explainer = LimeTabularExplainer(dataset.features, random_state=0)
    for engine in (*BY_FUNCTION, "exact"):
        mine = explain_rows(explainer, model, dataset.features[:2], engine=engine, **FEW)
        assert mine.equals(explain_rows(explainer, model.predict_fn, dataset.features[:2], engine=engine, **FEW))


def test_the_function_is_asked_about_rows_like_those_it_has_learnt_from():
    positive = np.exp(ROWS) + 1
    explainer = LimeTabularExplainer(positive, random_state=0)

    def logs(rows):
        assert rows.min() > 1
        return FOREST.predict_proba(np.log(rows - 1))

    for engine in BY_FUNCTION:
        assert explain_rows(explainer, logs, positive[:2], engine=engine, **FEW)["error"].null_count == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda e: setattr(e, "mode", "Classification"), "mode is 'Classification'"),
        (lambda e: setattr(e, "feature_selection", "best"), "feature_selection is 'best'"),
        (lambda e: setattr(e, "feature_selection", ["auto"]), "feature_selection|cannot be used"),
        (lambda e: setattr(e, "class_names", ["one"]), "names 1 classes"),
        (lambda e: e.feature_values.pop(1), "cannot be used: KeyError"),
        (lambda e: setattr(e, "categorical_names", {0: {"0": "zero"}}), "no name for any value of 'u'"),
        (lambda e: setattr(e.base, "kernel_fn", lambda d: d[:, None]), "kernel"),
        (lambda e: setattr(e.base, "kernel_fn", lambda d: 1 / 0), "kernel failed .* ZeroDivisionError"),
    ],
)
def test_an_explainer_that_cannot_be_used_is_refused(change, words):
    codes = np.column_stack([np.arange(50) % 3, ROWS[:, 0]])
    explainer = LimeTabularExplainer(codes, feature_names=["u", "v"], categorical_features=[0], random_state=0)
    change(explainer)
    forest = RandomForestClassifier(3, random_state=0).fit(codes, codes[:, 0] > 0)
    for ask in (explain_rows, stability):
        with pytest.raises(SparkLimeError, match=words):
            ask(explainer, forest, codes[:1], num_samples=50)


@pytest.mark.parametrize("categorical", [[], [0]])
def test_an_explainer_fitted_on_gaps_is_said_to_be(categorical):
    gaps = np.column_stack([np.arange(50) % 3, ROWS[:, 0]])
    gaps[::7, 0] = np.nan
    explainer = LimeTabularExplainer(
        gaps, feature_names=["u", "v"], categorical_features=categorical, random_state=0
    )
    forest = RandomForestClassifier(3, random_state=0).fit(gaps, ROWS[:, 0] > 0)
    for engine in (*BY_FUNCTION, "exact"):
        with pytest.raises(SparkLimeError, match="fitted on missing values of 'u'"):
            explain_rows(explainer, forest, ROWS[:1], engine=engine, **FEW)


@pytest.mark.parametrize("explainer", [None, LimeTabularExplainer, object(), FOREST, "lime"])
def test_what_is_no_explainer_is_refused(explainer):
    for ask in (explain_rows, stability):
        with pytest.raises(SparkLimeError, match="A fitted LimeTabularExplainer is needed"):
            ask(explainer, FOREST, ROWS[:1])


def test_one_row_that_breaks_the_model_has_the_models_words():
    def picky(rows):
        if (rows[:, 0] == 99.0).any():
            raise LookupError("no row has 99")
        return FOREST.predict_proba(rows)

    for engine in BY_FUNCTION:
        found = explain(picky, engine=engine, rows=np.array([[0.1, 0.2], [99.0, 0.0]]))
        assert found["error"][0].as_py() is None
        assert "The predict function failed" in found["error"][1].as_py()
        assert "no row has 99" in found["error"][1].as_py()


@pytest.mark.parametrize(
    ("load", "forest", "mode", "method"),
    [
        (load_iris, RandomForestClassifier, "classification", "predict_proba"),
        (load_diabetes, RandomForestRegressor, "regression", "predict"),
    ],
)
def test_an_estimator_stands_for_its_bound_method(load, forest, mode, method):
    rows, target = load(return_X_y=True)
    model = forest(3, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode=mode)
    by_itself = explain_rows(explainer, model, rows[:2], **QUICK)
    assert by_itself.equals(explain_rows(explainer, getattr(model, method), rows[:2], **QUICK))


def test_what_can_predict_nothing_is_refused_by_name():
    explainer = LimeTabularExplainer(np.random.RandomState(0).normal(size=(20, 2)))
    with pytest.raises(PredictionError, match=r"an estimator with predict_proba, not RandomForestRegressor"):
        explain_rows(explainer, RandomForestRegressor(), np.zeros((1, 2)))
