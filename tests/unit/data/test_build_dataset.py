import dataclasses
import json

import numpy as np
import pytest

from sparklime_core import SparkLimeError, build_explainer, explain_rows, read_csv, train_forest
from sparklime_core.data.build_dataset import encode_rows, read_rows
from sparklime_core.data.column_roles import propose_roles
from sparklime_core.data.feature_encoding import MOST_CATEGORIES, Encoding
from sparklime_core.data.read_table import read_table


def csv(**columns):
    names = list(columns)
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines).encode()


def report(dataset, name):
    return next(column for column in dataset.report.columns if column.name == name)


def mixed(rows=60):
    return csv(
        id=range(1000, 1000 + rows),
        size=[i * 1.5 if i % 7 else "" for i in range(rows)],
        color=[("red", "green", "blue")[i % 3] if i % 11 else "" for i in range(rows)],
        day=[f"2021-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(rows)],
        flag=[i % 2 for i in range(rows)],
        note=[f"text number {i}" for i in range(rows)],
        same=["x"] * rows,
        empty=[""] * rows,
        t=["Yes" if (i % 3 == 0) else "No" for i in range(rows)],
    )


def test_every_column_gets_a_role_with_a_reason():
    dataset = read_csv(mixed(), "t")
    roles = {column.name: column.role for column in dataset.report.columns}
    assert roles == {
        "id": "left out",
        "size": "numeric",
        "color": "categorical",
        "day": "date",
        "flag": "categorical",
        "note": "left out",
        "same": "left out",
        "empty": "left out",
        "t": "target",
    }
    assert "identifier" in report(dataset, "id").reason
    assert "identifier" in report(dataset, "note").reason
    assert "constant: always 'x'" in report(dataset, "same").reason
    assert "no values" in report(dataset, "empty").reason
    assert report(dataset, "day").features == ("day (month)", "day (day)", "day (weekday)")
    assert dataset.class_names == ("No", "Yes")


def test_roles_are_overruled_one_by_one():
    roles = {"id": "numeric", "color": "drop", "day": "categorical", "flag": "numeric"}
    dataset = read_csv(mixed(), "t", roles=roles)
    assert dataset.feature_names == ("id", "size", "day", "flag")
    assert report(dataset, "id").reason == "you chose it"
    proposed = propose_roles(read_table(mixed()), "t", {"note": "categorical"})
    assert [role.role for role in proposed if role.name in ("note", "t")] == ["categorical", "target"]
    for bad in ({"id": "magic"}, {"nowhere": "drop"}, {"note": "numeric"}, {"color": "date"}):
        with pytest.raises(SparkLimeError):
            read_csv(mixed(), "t", roles=bad)


def test_rare_categories_are_grouped():
    names = [f"c{i:02d}" for i in range(40)]
    cells = [name for i, name in enumerate(names) for _ in range(1 + 5 * (i < 30))]
    dataset = read_csv(csv(c=cells, n=range(len(cells)), t=[i % 2 for i in range(len(cells))]), "t")
    categories = dataset.categorical_names[0]
    assert len(categories) == MOST_CATEGORIES + 2
    assert categories[-2:] == ("other", "missing")
    assert dataset.value_text(0, dataset.features[-1, 0]) == "other"
    assert "30 most frequent" in report(dataset, "c").reason


def test_a_missing_number_becomes_a_sentinel_far_below_all_others():
    dataset = read_csv(b"a,t\n5,0\n,1\n9,0\n7,1\n", "t")
    sentinel = dataset.missing_values[0]
    assert sentinel == -35.0
    np.testing.assert_array_equal(dataset.features[:, 0], [5, sentinel, 9, 7])
    assert dataset.value_text(0, sentinel) == "missing"
    assert dataset.value_text(0, 5.0) == "5"


@pytest.mark.parametrize("cells", [[0, 10], [1e15, 1e15 + 1], [-1e-8, 1e-8], [3, 3], [0, 1e36]])
def test_a_sentinel_is_told_from_every_value_even_as_float32(cells):
    dataset = read_csv(csv(a=[*cells, ""], b=[1, 2, 3], t=[0, 1, 0]), "t", roles={"a": "numeric"})
    sentinel = np.float32(dataset.missing_values[0])
    assert float(sentinel) == dataset.missing_values[0]
    assert sentinel != 0
    assert sentinel < np.float32(min(cells))


def test_categories_become_codes_and_a_gap_is_a_category():
    dataset = read_csv(b"c,n,t\nred,1,0\nblue,2,1\n,3,0\nred,4,1\n", "t")
    assert dataset.categorical_names == {0: ("blue", "red", "missing", "unseen")}
    np.testing.assert_array_equal(dataset.features[:, 0], [1, 0, 2, 1])
    assert dataset.value_text(0, 2.0) == "missing"
    taken = read_csv(b"c,n,t\nunseen,1,0\nblue,2,1\nunseen,3,0\nblue,4,1\n", "t")
    assert taken.categorical_names == {0: ("blue", "unseen", "missing", "(unseen)")}


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


def test_a_dataset_s_encoding_survives_json():
    encoding = read_csv(mixed(), "t").encoding
    assert Encoding.from_dict(json.loads(json.dumps(encoding.as_dict()))) == encoding


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


def test_two_features_never_share_a_name():
    content = csv(
        **{"d": [f"202{i % 3}-01-0{1 + i % 5}" for i in range(30)], "d (year)": range(30)}, t=[0, 1] * 15
    )
    names = read_csv(content, "t").feature_names
    assert len(set(names)) == len(names)
    assert dataclasses.astuple(read_csv(content, "t").encoding)[1] == "t"
