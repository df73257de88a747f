"""What each column is good for."""

import pytest

from sparklime_core import SparkLimeError, read_csv
from sparklime_core.data.column_roles import propose_roles
from sparklime_core.data.read_table import read_table
from tests.unit.data.tables import mixed, report


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
