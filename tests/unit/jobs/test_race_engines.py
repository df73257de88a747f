"""The tasks of the contestants."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.jobs.race_engines import levels, most_at_once, recipe_tasks


@pytest.mark.parametrize(("rows", "cores", "tasks"), [(64, 2, 8), (16, 2, 4), (8, 2, 4), (7, 2, 7), (6, 8, 6)])
def test_tasks_of_the_recipe_have_equal_sizes(rows: int, cores: int, tasks: int) -> None:
    assert recipe_tasks(rows, cores) == tasks
    assert rows % tasks == 0


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
