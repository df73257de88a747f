"""The form of a table's columns."""

import pandas as pd

from sparklime_core.dashboard.data.table_form import changed_roles
from sparklime_core.data.column_roles import ColumnRole


def test_only_roles_that_a_person_changed_overrule() -> None:
    proposed = (ColumnRole("a", "numeric", ""), ColumnRole("b", "drop", ""), ColumnRole("t", "target", ""))
    edited = pd.DataFrame({"column": ["a", "b"], "role": ["categorical", "drop"]})

    assert changed_roles(proposed, edited) == {"a": "categorical"}
