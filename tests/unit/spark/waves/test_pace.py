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
