"""A filter as SQL: texts are quoted, and numbers keep every bit."""

from pathlib import Path

import duckdb
import pytest

from sparklime_core.runs.filter.conditions import Range
from sparklime_core.runs.filter.row_filter import FIELDS, RowFilter
from sparklime_core.runs.filter.sql import where_sql
from sparklime_core.runs.run import Run
from tests.unit.runs.filter.filters import EVERYTHING

ODD_TEXTS = ["it's", "'; DROP TABLE rows; --", "back\\slash", "?", "$1", "line\nbreak", "é😀", "stability"]


def passing(row_filter: RowFilter, **columns: object) -> int:
    names = ", ".join(columns)
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE rows AS SELECT {', '.join(f'? AS {name}' for name in columns)}", [*columns.values()]
        )
        sql = f"SELECT {names} FROM rows {where_sql(Run(Path('nowhere')), row_filter)}"
        return len(connection.execute(sql).fetchall())


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_text_is_only_a_text(text: str) -> None:
    assert passing(RowFilter(top_feature=text), top_feature=text) == 1
    assert passing(RowFilter(top_feature=text), top_feature=f"{text} ") == 0
    assert passing(RowFilter(error_text=text), error=f"because of {text.upper()}!") == 1


@pytest.mark.parametrize("limit", [0.1, 1 / 3, 0.1234567890123456789, 5e-324, 1.7976931348623157e308, -2e-05])
def test_a_limit_keeps_every_bit(limit: float) -> None:
    assert passing(RowFilter(score=Range(limit, limit)), score=limit) == 1
    assert (
        passing(
            RowFilter(score=Range(limit, None)), score=float.fromhex(limit.hex()) - abs(limit) / 2**52 - 5e-324
        )
        == 0
    )


def test_the_filter_of_everything_uses_every_field() -> None:
    usual = RowFilter()
    assert all(getattr(EVERYTHING, name) != getattr(usual, name) for name in FIELDS)
