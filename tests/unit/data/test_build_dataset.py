"""Tables and new rows of them as datasets."""

import numpy as np
import pytest

from sparklime_core import SparkLimeError, build_explainer, explain_rows, read_csv, train_forest
from sparklime_core.data.build_dataset import encode_rows, read_rows
from sparklime_core.data.read_table import read_table
from tests.unit.data.tables import csv, mixed, report


def test_new_rows_are_encoded_as_the_old_ones_in_any_order_of_columns():
    content = mixed()
    dataset = read_csv(content, "t")
    lines = [line.split(",") for line in content.decode().splitlines()]
    turned = "\n".join(",".join(reversed([*line, "extra" if i == 0 else "1"])) for i, line in enumerate(lines))
    again = read_rows(turned.encode(), dataset.encoding)
    np.testing.assert_array_equal(again.features, dataset.features)
    np.testing.assert_array_equal(again.target, dataset.target)
    assert report(again, "extra").reason == "the model does not use it"


def test_what_is_new_in_new_rows_is_said():
    dataset = read_csv(mixed(), "t")
    new = (
        b"size,color,day,flag\nabc,purple,2030-01-05,1\n2.5,red,soon,0\n-99999,,2021-01-01,1\n4,red,2021-01-02,0\n"
    )
    rows = read_rows(new, dataset.encoding)
    assert not rows.labelled.any()
    assert rows.value_text(0, rows.features[0, 0]) == "missing"
    assert np.isnan(rows.features[2, 0])
    assert [rows.value_text(1, code) for code in rows.features[:, 1]] == [
        "red" if i in (1, 3) else w for i, w in enumerate(["unseen", "", "missing", ""])
    ]
    said = " ".join(note for column in rows.report.columns for note in column.notes)
    for words in ("'abc'", "'purple'", "'soon'", "far below"):
        assert words in said
    model = train_forest(dataset, n_estimators=5)
    found = explain_rows(
        build_explainer(dataset), model.predict_fn, rows.features, engine="reference", num_samples=200
    )
    assert [error is None for error in found["error"].to_pylist()] == [True, False, False, True]
    texts = {reason["feature_explanation"] for reason in found["explanation"][0].as_py()}
    assert {"color=unseen", "size is missing"} <= texts


@pytest.mark.parametrize("engine", ["reference", "sampled", "exact"])
def test_an_unseen_category_fails_in_no_engine(engine):
    dataset = read_csv(mixed(), "t")
    rows = read_rows(b"size,color,day,flag\n3,purple,2021-05-05,1\n", dataset.encoding)
    model = train_forest(dataset, n_estimators=5)
    found = explain_rows(build_explainer(dataset), model.predict_fn, rows.features, engine=engine, num_samples=300)
    assert found["error"].to_pylist() == [None]
    reasons = found["explanation"][0].as_py()
    assert "color=unseen" in {reason["feature_explanation"] for reason in reasons}
    assert np.isfinite([reason["weight"] for reason in reasons]).all()


def test_a_column_that_new_rows_lack_is_refused_unless_it_may_be_missing():
    dataset = read_csv(mixed(), "t")
    without_size = read_rows(b"color,day,flag\nred,2021-05-05,1\n", dataset.encoding)
    assert without_size.value_text(0, without_size.features[0, 0]) == "missing"
    assert report(without_size, "size").notes == ("not in the table: taken as missing",)
    whole = read_csv(csv(a=range(9), b=[i * 0.5 for i in range(9)], t=[i % 2 for i in range(9)]), "t")
    with pytest.raises(SparkLimeError, match="no column 'b', which the model needs"):
        read_rows(b"a\n1\n2\n", whole.encoding)


def test_an_explainer_is_fitted_on_rows_with_a_target():
    dataset = read_csv(mixed(), "t")
    new = read_rows(b"size,color,day,flag\n3,red,2021-05-05,1\n", dataset.encoding)
    with pytest.raises(SparkLimeError, match="the table that the model was trained on"):
        build_explainer(new)


def test_encoded_rows_can_be_had_without_a_target():
    dataset = read_csv(mixed(), "t")
    features, columns = encode_rows(dataset.encoding, read_table(mixed()))
    np.testing.assert_array_equal(features, dataset.features)
    assert {column.role for column in columns} == {"numeric", "categorical", "date", "left out"}
