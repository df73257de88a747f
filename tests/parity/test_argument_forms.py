"""Every form in which lime takes an argument means to the engines what it means to lime."""

import copy

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from lime.discretize import BaseDiscretizer, DecileDiscretizer
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sparklime_core import SparkLimeError, explain_rows
from tests.parity.limes_own import as_answer, ask_lime, assert_agree

FEW = {"num_features": 8, "num_samples": 100}
GRADES = ["none", "low", "mid", "top"]

rng = np.random.default_rng(5)
ROWS = np.column_stack(
    [rng.normal(20, 4, 150), rng.integers(1, 4, 150), rng.gamma(2, 3, 150), rng.integers(0, 2, 150)]
)
TARGET = (ROWS[:, 0] > 20).astype(int) + (ROWS[:, 1] == 2)
FOREST = RandomForestClassifier(6, max_depth=4, random_state=0).fit(ROWS, TARGET)


class Halves(BaseDiscretizer):
    def bins(self, data, labels):
        return [np.array([np.median(data[:, feature])]) for feature in self.to_discretize]


def stats():
    """What lime's StatsDiscretizer wants to know, as another program would have counted it."""
    by_bins = DecileDiscretizer(ROWS, [1, 3], ["heat", "grade", "rain", "open"], random_state=0)
    codes = by_bins.discretize(ROWS)
    drawn = [np.unique(column, return_counts=True) for column in codes.T]
    return {
        "means": by_bins.means,
        "stds": by_bins.stds,
        "mins": by_bins.mins,
        "maxs": by_bins.maxs,
        "bins": {feature: by_bins.mins[feature][1:] for feature in (0, 2)},
        "feature_values": {feature: list(values) for feature, (values, _) in enumerate(drawn)},
        "feature_frequencies": {feature: counts for feature, (_, counts) in enumerate(drawn)},
    }


FORMS = {
    "all": {},
    "categories by position": {"categorical_names": {1: GRADES}},
    "categories as an array": {"categorical_names": {1: np.array(GRADES)}},
    "categories by code": {"categorical_names": {1: {1: "low", 2: "mid", 3: "top"}}},
    "categories by a code's own name": {"categorical_names": {1: {-1: "gap", 1.0: "low", 2: "mid", 3: "top"}}},
    "categories as a series": {"categorical_names": {1: pd.Series({3: "top", 1: "low", 2: "mid"})}},
    "categories of some features": {"categorical_names": {3: ("no", "yes")}},
    "keys that are numpy's": {"categorical_names": {np.int64(1): GRADES}},
    "keys that are texts": {"categorical_names": {"1": GRADES}},
    "a list of lists": {"categorical_names": [GRADES, GRADES]},
    "features as an array": {"categorical_features": np.array([1, 3]), "categorical_names": {1: GRADES}},
    "features as a tuple": {"categorical_features": (3,)},
    "features from the end": {"categorical_features": [-1, -3]},
    "features from the end, unbinned": {"categorical_features": [-1, 1], "discretize_continuous": False},
    "no features": {"categorical_features": None},
    "an empty array": {"categorical_features": np.array([], dtype=int)},
    "no names": {"feature_names": None},
    "names as an array": {"feature_names": np.array(["heat", "grade", "rain", "open"])},
    "names that are numbers": {"feature_names": [2000, 2001, 2002, 2003]},
    "the target's name too": {"feature_names": ["heat", "grade", "rain", "open", "yield"]},
    "the target's name too, unbinned": {
        "feature_names": pd.Index(["heat", "grade", "rain", "open", "yield"]),
        "discretize_continuous": False,
    },
    "classes as an array": {"class_names": np.array(["a", "b", "c"])},
    "no classes": {"class_names": None},
    "a width": {"kernel_width": np.float32(2.5)},
    "a kernel": {"kernel": lambda d, kernel_width: 1 / (1 + d / kernel_width)},
    "a kernel of whole numbers": {"kernel": lambda d, kernel_width: (d < 1.5).astype(int)},
    "a kernel that changes what it is given": {"kernel": lambda d, kernel_width: np.exp(np.negative(d, out=d))},
    "a random state": {"random_state": np.random.RandomState(3)},
    "numpy's own random state": {"random_state": None},
    "a discretizer": {"discretizer": Halves(ROWS, [1, 3], ["heat", "grade", "rain", "open"], random_state=7)},
    "a discretizer of some features": {
        "discretizer": DecileDiscretizer(ROWS, np.array([1, 3]), ["h", "g", "r", "o"]),
        "categorical_features": [1],
    },
    "statistics": {"training_data_stats": stats()},
    "entropy": {"discretizer": "entropy", "training_labels": pd.Series(TARGET)},
    "around the instance": {"sample_around_instance": np.True_, "discretize_continuous": False},
    "around the instance, binned": {"sample_around_instance": True},
    "talkative": {"verbose": True},
}


def explainer_of(options):
    usual = {"feature_names": ["heat", "grade", "rain", "open"], "categorical_features": [1, 3], "random_state": 0}
    return LimeTabularExplainer(ROWS, **{**usual, **options})


@pytest.mark.parametrize("form", FORMS)
def test_engines_take_what_lime_takes(form):
    explainer = explainer_of(FORMS[form])
    theirs = ask_lime(copy.deepcopy(explainer), FOREST.predict_proba, ROWS[1], 1, **FEW)
    for engine in ("reference", "sampled"):
        table = explain_rows(explainer, FOREST, ROWS[:2], engine=engine, labels=[1], **FEW)
        assert_agree(as_answer(table.to_pylist()[1]), theirs)


@pytest.mark.parametrize(
    "form", [form for form, options in FORMS.items() if "discretize_continuous" not in options]
)
def test_the_exact_engine_has_the_same_words(form):
    explainer = explainer_of(FORMS[form])
    whole = {**FEW, "labels": [1]}
    try:
        exact = explain_rows(explainer, FOREST, ROWS[:3], engine="exact", **whole)
    except SparkLimeError as refused:
        assert "exact" in str(refused)  # noqa: PT017 - a refusal names the engine
        assert form.startswith("a kernel")
        return
    sampled = explain_rows(explainer, FOREST, ROWS[:3], **whole)
    for mine, other in zip(exact["explanation"].to_pylist(), sampled["explanation"].to_pylist(), strict=True):
        assert {term["feature_explanation"] for term in mine} == {term["feature_explanation"] for term in other}


def test_an_explainer_fitted_on_a_sparse_matrix_explains_rows_as_lime_does():
    explainer = LimeTabularExplainer(sp.csr_matrix(ROWS), random_state=0)
    theirs = ask_lime(copy.deepcopy(explainer), FOREST.predict_proba, ROWS[0], 2, **FEW)
    for engine in ("reference", "sampled"):
        table = explain_rows(explainer, FOREST, sp.csr_array(ROWS[:1]), engine=engine, labels=[2], **FEW)
        assert_agree(as_answer(table.to_pylist()[0]), theirs)


@pytest.mark.parametrize(
    "answer",
    [
        lambda values: values,
        lambda values: values.tolist(),
        lambda values: values[:, None],
        lambda values: pd.Series(values, index=range(7, 7 + len(values))),
        lambda values: pd.DataFrame({"y": values}),
        lambda values: values.astype(np.float32).astype(np.float64),
        np.ma.masked_array,
    ],
)
def test_what_stands_for_an_array_is_one_to_every_engine(answer):
    model = RandomForestRegressor(4, random_state=0).fit(ROWS, np.round(ROWS[:, 0]))
    explainer = LimeTabularExplainer(ROWS, mode="regression", class_names=np.array(["yield"]), random_state=0)
    theirs = ask_lime(
        copy.deepcopy(explainer), lambda rows: np.ravel(np.asarray(answer(model.predict(rows)))), ROWS[0], 0, **FEW
    )
    for engine in ("reference", "sampled"):
        table = explain_rows(explainer, lambda rows: answer(model.predict(rows)), ROWS[:1], engine=engine, **FEW)
        assert_agree(as_answer(table.to_pylist()[0]), theirs)
        assert table["label_name"][0].as_py() == "yield"


def test_a_kernel_that_looks_at_all_distances_is_left_to_lime():
    explainer = explainer_of({"kernel": lambda d, kernel_width: np.exp(-d / np.median(d))})
    theirs = ask_lime(copy.deepcopy(explainer), FOREST.predict_proba, ROWS[0], 1, **FEW)
    table = explain_rows(explainer, FOREST, ROWS[:1], engine="reference", labels=[1], **FEW)
    assert_agree(as_answer(table.to_pylist()[0]), theirs)
    for engine in ("sampled", "exact"):
        with pytest.raises(SparkLimeError, match="engine 'reference'"):
            explain_rows(explainer, FOREST, ROWS[:1], engine=engine, **FEW)
