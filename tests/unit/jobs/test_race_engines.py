"""The tasks of the contestants."""

import pytest

from sparklime_core.jobs.race_engines import recipe_tasks


@pytest.mark.parametrize(("rows", "cores", "tasks"), [(64, 2, 8), (16, 2, 4), (8, 2, 4), (7, 2, 7), (6, 8, 6)])
def test_tasks_of_the_recipe_have_equal_sizes(rows: int, cores: int, tasks: int) -> None:
    assert recipe_tasks(rows, cores) == tasks
    assert rows % tasks == 0
