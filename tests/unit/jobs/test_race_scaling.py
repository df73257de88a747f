"""With how many cores a race is run."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.jobs.race_scaling import levels, most_at_once


@pytest.mark.parametrize(("cores", "tried"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_cores_are_tried_in_powers_of_two_and_all(cores: int, tried: tuple[int, ...]) -> None:
    assert levels(cores) == tried


def test_tasks_that_overlap_are_counted() -> None:
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    spans = [(0.0, 1.0), (0.5, 1.0), (0.9, 0.05), (2.0, 1.0)]
    tasks = pa.Table.from_pylist(
        [{"started": begin + timedelta(seconds=start), "seconds": seconds} for start, seconds in spans],
        schema=TASK_SCHEMA,
    )

    assert most_at_once(tasks) == 3
