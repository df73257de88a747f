"""How many blocks a wave has."""

from sparklime_core.spark.waves.scheduler import LONGEST_SECONDS, WAVE_BYTES, Pace


def test_the_first_wave_is_small_and_the_next_follow_the_speed():
    assert Pace(60.0).blocks(4, 1000) == 4
    pace = Pace(0.25)
    assert pace.blocks(4, 1000) == 4 * 2
    assert pace.blocks(4, 1000) == 4 * 16
    pace.learn(0.5)
    assert pace.blocks(4, 1000) == 4 * 8
    pace.learn(60.0)
    assert pace.blocks(4, 1000) == 4
    pace.learn(0.5)
    later = [pace.blocks(1, 1000) for _ in range(20)]
    assert later == sorted(later)
    assert later[-1] == LONGEST_SECONDS / 0.5
    pace.learn(0.0)
    assert pace.blocks(4, 1_000_000) * 1_000_000 <= WAVE_BYTES
