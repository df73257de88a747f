"""How many blocks a wave has, and how many tasks."""

from sparklime_core.spark.waves.pace import FEW_TASKS, LONGEST_SECONDS, START_SECONDS, Pace

MANY = 10**9


def test_the_first_wave_is_small_and_the_next_follow_the_speed():
    slow = Pace(60.0)
    assert [slow.blocks(4, MANY) for _ in range(3)] == [4, 4, 4]
    pace = Pace(0.25)
    assert pace.blocks(4, MANY) == 4
    assert pace.blocks(4, MANY) == 4 * 8
    pace.learn(0.5)
    assert pace.blocks(4, MANY) == 4 * 8
    pace.learn(60.0)
    assert pace.blocks(4, MANY) == 4
    pace.learn(0.5)
    later = [pace.blocks(1, MANY) for _ in range(20)]
    assert later == sorted(later)
    assert later[-1] == LONGEST_SECONDS / 0.5


def test_a_wave_has_no_more_blocks_than_it_may_also_where_there_are_more_cores():
    pace = Pace(0.01)
    assert pace.blocks(512, 100) == 100
    pace.learn(0.0)
    assert pace.blocks(4, 35) == 32
    assert pace.blocks(4, 0) == 1


def test_waves_are_halved_at_the_end_down_to_the_shortest_one():
    assert _waves(2, 150) == [76, 38, 18, 10, 8]  # the first might have 80: 4 s of both cores
    assert _waves(512, 512 * 40) == [512 * 20, 512 * 15, 512 * 5]  # it takes 1.5 s to start a task on each core


def _waves(cores: int, left: int) -> list[int]:
    """Return how many blocks of a tenth of a second the waves of a run have."""
    pace, waves = Pace(0.1), []
    pace.learn(0.1)
    while left:
        waves.append(min(pace.blocks(cores, MANY, left), left))
        left -= waves[-1]
    return waves


def test_a_small_table_is_not_cut():
    assert Pace(0.1).blocks(4, MANY, 6) >= 6


def test_a_wave_has_as_many_tasks_as_its_work_is_worth():
    pace = Pace(0.03)
    assert pace.tasks(1000, 2) == 2
    assert pace.tasks(1000, 64) == 64
    assert pace.tasks(40, 64) == FEW_TASKS  # 1.2 s of work, where 64 starts take a fifth of a second
    assert pace.tasks(1, 512) == 1
    pace.learn(0.3)
    for cores in (2, 64, 512):
        tasks = pace.tasks(1000, cores)
        assert tasks == min(cores, max(FEW_TASKS, round(300 / (cores * START_SECONDS))))
    assert pace.tasks(3, 64) == 3
