"""What each column is good for."""

import io

import numpy as np
import pandas as pd
import pytest

from sparklime_core import SparkLimeError, read_csv
from sparklime_core.data.column_roles import propose_roles
from sparklime_core.data.read_table import read_table
from tests.unit.data.tables import csv, mixed, report

Y = [("u", "v", "w")[k * k % 3] for k in range(40)]
A = [(k * 7) % 11 / 2 for k in range(40)]


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


def parquet(frame, **options):
    written = io.BytesIO()
    frame.to_parquet(written, **options)
    return written.getvalue()


def filtered():
    frame = pd.DataFrame({"a": A, "y": Y})
    return frame[frame.a > 1]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (parquet(filtered()), "__index_level_0__"),
        (parquet(filtered().rename_axis("order")), "order"),
        (filtered().to_csv().encode(), "column_1"),
        (filtered().sample(frac=1, random_state=0).to_csv().encode(), "column_1"),
        (
            filtered().sample(60, replace=True, random_state=0).rename_axis("Unnamed: 0").to_csv().encode(),
            "Unnamed: 0",
        ),
        (pd.concat([filtered().reset_index(drop=True)] * 2).rename_axis("index").to_csv().encode(), "index"),
        (csv(row_nr=range(40), a=A, y=Y), "row_nr"),
        (csv(index=range(12), a=A[:12], y=Y[:12]), "index"),
        (csv(a=A, index=range(1, 41), y=Y), "index"),
        (
            ("a,y\n" + "\n".join(f"{k + 1},{a},{y}" for k, (a, y) in enumerate(zip(A, Y, strict=True)))).encode(),
            "column_1",
        ),
    ],
)
def test_an_index_is_left_out_said_and_can_be_had_back(content, name):
    dataset = read_csv(content, "y")
    assert dataset.feature_names == ("a",)
    assert "index" in report(dataset, name).reason
    assert "give it a role" in report(dataset, name).reason
    assert set(read_csv(content, "y", roles={name: "numeric"}).feature_names) == {"a", name}


@pytest.mark.parametrize(
    "content",
    [
        csv(x=range(40), y=Y),
        csv(row=[k // 8 for k in range(40)], y=Y),
        csv(index=[100 + k % 13 for k in range(40)], y=Y),
        csv(month=[k % 12 for k in range(40)], y=Y),
    ],
)
def test_numbers_that_are_data_stay(content):
    assert len(read_csv(content, "y").feature_names) == 1


def test_a_second_column_of_the_target_s_name_is_left_out():
    dataset = read_csv(
        ("y,a,y\n" + "\n".join(f"{y},{a},{b}" for y, a, b in zip(Y, A, Y[1:] + Y[:1], strict=True))).encode(), "y"
    )
    assert dataset.feature_names == ("a",)
    assert "the name of the target" in report(dataset, "y_2").reason


@pytest.mark.parametrize(
    "copy",
    [
        [{"u": "U ", "v": "v", "w": "W"}[y] for y in Y],
        [{"u": 3, "v": 1, "w": 2}[y] for y in Y],
        [f"class {y}" for y in Y],
    ],
)
def test_the_target_in_another_spelling_is_left_out(copy):
    content = csv(a=A, copy=copy, y=Y)
    dataset = read_csv(content, "y")
    assert dataset.feature_names == ("a",)
    assert "gives the target 'y' away" in report(dataset, "copy").reason
    assert "copy" in read_csv(content, "y", roles={"copy": "categorical"}).feature_names


def test_an_equal_number_is_left_out_and_a_related_one_stays():
    price = np.arange(40) * 1.25 + 3
    dataset = read_csv(csv(a=A, cost=[f"{value:.3f}" for value in price], twice=price * 2, price=price), "price")
    assert dataset.feature_names == ("a", "twice")
    assert "equal to the target" in report(dataset, "cost").reason
