"""The column that is predicted."""

import numpy as np
import pytest

from sparklime_core import ReadOptions, SparkLimeError, build_explainer, explain_rows, read_csv, train_forest
from tests.unit.data.tables import csv, report


def test_classes_or_numbers_are_decided_and_overruled():
    classes = csv(a=[i * 1.5 for i in range(30)], t=[i % 3 for i in range(30)])
    numbers = csv(a=[i * 1.5 for i in range(30)], t=range(30))
    assert read_csv(classes, "t").class_names == ("0", "1", "2")
    assert read_csv(numbers, "t").class_names is None
    assert read_csv(classes, "t", task="regression").class_names is None
    with pytest.raises(SparkLimeError, match="names rows rather than classes"):
        read_csv(numbers, "t", task="classification")
    ordered = csv(a=[i * 1.5 for i in range(36)], t=[i % 12 for i in range(36)])
    assert read_csv(ordered, "t").class_names == tuple(map(str, range(12)))


def test_many_classes_keep_the_frequent_ones():
    codes = [f"k{i}" for i in range(320) for _ in range(3 if i < 300 else 2)]
    dataset = read_csv(csv(a=range(len(codes)), t=codes), "t")
    assert len(dataset.class_names) == 301
    assert dataset.class_names[-1] == "other classes"
    assert "20 rarest" in report(dataset, "t").notes[0]
    assert (dataset.target == 300).sum() == 40


def test_rows_without_a_target_are_kept_but_not_learnt_from():
    content = csv(a=[1.0, 2.5, 3, 4, 5, "", 7], t=["x", "", "y", "x", "y", "", "x"])
    dataset = read_csv(content, "t")
    np.testing.assert_array_equal(dataset.labelled, [True, False, True, True, True, False, True])
    assert dataset.rows == 7
    assert dataset.target_text(1) == "missing"
    assert "2 rows have no target" in report(dataset, "t").notes[0]
    # The only gap is in a row that nothing is learnt from, so that the model never sees one.
    assert dataset.missing_values == {}
    assert np.isnan(dataset.features[5, 0])
    model = train_forest(dataset, n_estimators=5, test_size=0.5)
    assert not np.isin(model.test_rows, [1, 5]).any()
    explained = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features, engine="sampled")
    assert explained["row_id"].to_pylist() == list(range(7))
    assert [error is None for error in explained["error"].to_pylist()] == [True] * 5 + [False, True]


def test_a_number_as_target_may_have_gaps_too():
    dataset = read_csv(csv(a=range(30), t=[i * 1.5 if i % 5 else "" for i in range(30)]), "t")
    assert dataset.class_names is None
    assert dataset.labelled.sum() == 24
    assert train_forest(dataset, n_estimators=3).metrics.values["mae"] > 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"t": ["2020-01-01", "2020-01-02"]}, "holds dates"),
        ({"t": ["a", "b", "c"]}, "names rows rather than classes"),
        ({"t": [1e35, 1, 2.5]}, "beyond"),
    ],
)
def test_a_target_that_cannot_be_learnt_is_refused(columns, words):
    rows = len(columns["t"])
    with pytest.raises(SparkLimeError, match=words):
        read_csv(csv(a=range(rows), **columns), "t")


def test_a_class_that_is_written_like_a_missing_word_is_named_in_the_refusal():
    content = csv(a=range(40), y=["yes" if k % 2 else "?" for k in range(40)])
    with pytest.raises(
        SparkLimeError, match=r"one value 'yes', and none in 20 of 40 rows \(taken as missing: '\?' \(20\)\)"
    ):
        read_csv(content, "y")
    assert read_csv(content, "y", options=ReadOptions(missing_words=())).class_names == ("?", "yes")
