import time

from sparklime_core.jobs.phases import Phases


def test_a_phase_lasts_until_the_next_begins():
    phases = Phases()
    assert phases.seconds() == {}
    began = time.monotonic()
    phases.begin("reading")
    time.sleep(0.02)
    phases.begin("training")
    time.sleep(0.01)
    found = phases.seconds()
    assert list(found) == ["reading", "training"]
    assert found["reading"] >= 0.02
    assert sum(found.values()) <= time.monotonic() - began


def test_a_later_sitting_adds_to_an_earlier_ones():
    phases = Phases({"explaining": 100.0, "reading": 5.0})
    phases.begin("explaining")
    time.sleep(0.01)
    later = phases.seconds()
    assert later["reading"] == 5.0
    assert 100.01 <= later["explaining"] < 200.0
    assert phases.seconds()["explaining"] >= later["explaining"]
