"""What a table of explanations says of itself is read again, and what it was made with is compared by name."""

from types import SimpleNamespace

import pytest
from pyspark.sql.types import LongType, StructField, StructType

from sparklime_core.spark.table_record import TableRecord
from sparklime_core.spark.table_steps import steps_of

RECORD = TableRecord({"seed": 1, "id": "ring"}, 10, -(2**63))


class Explained:
    """A DataFrame, as far as metadata go."""

    def __init__(self, metadata=None, name="row_id"):
        self.schema = StructType([StructField(name, LongType(), metadata=metadata)])

    def withMetadata(self, name, metadata):  # noqa: N802 - Spark's name
        return Explained(metadata, name)


def test_a_record_is_read_as_it_was_attached():
    assert TableRecord.of(RECORD.attach(Explained())) == RECORD


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", "no json", '{"request": {}, "rows": null, "digest": 0}', 7]
)
def test_what_is_no_record_is_none(text):
    assert TableRecord.of(Explained({} if text is None else {"sparklime": text})) is None
    assert TableRecord.of(SimpleNamespace(schema=StructType([]))) is None


def test_what_differs_is_named():
    assert RECORD.differences({"seed": 1, "id": "ring"}) == []
    assert RECORD.differences({"seed": 2, "id": "ring", "engine": "exact"}) == ["seed", "engine"]
    assert RECORD.differences({"seed": 1}) == ["id"]


@pytest.mark.parametrize(("rows", "steps"), [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (200_000, 20), (10**9, 20)])
def test_steps_are_few_for_few_rows_and_never_many(rows, steps):
    assert steps_of(rows) == steps
    assert steps_of(rows, 3) == 3
