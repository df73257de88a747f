"""The model of scale: where nothing limits it, it is ideal; what limits it, it names."""

from dataclasses import replace

import pytest

from benchmarks.scaleruns import Measured, Start
from benchmarks.scaling import Driver, Model

FREE = Driver()
IDEAL = Model("sampled", "driver", row=1e-4, spread=0.0, wave=0.0, start=10.0, payload=0, driver=FREE)


def run_of(rows, waves, tasks, driver):
    python, java, _ = driver.seconds(rows, waves, tasks).values()
    busy = rows * IDEAL.row
    return Measured(
        "sampled", "driver", 1, rows, busy + 0.25 * waves, rows * driver.joining, busy, busy, busy, 0.0, 0.0, 0.0,
        python, java, waves, tasks, 0.1, {"0": rows}, 300_000, 125.0,
    )  # fmt: skip


def test_without_overhead_speed_grows_with_the_cores():
    for cores in (1, 2, 8, 64):
        assert IDEAL.speedup(10_000_000, cores) == pytest.approx(cores, rel=0.02)
    assert IDEAL.whole(10_000_000, 1) == pytest.approx(1010, rel=0.01)


def test_the_driver_limits_what_many_cores_give():
    bound = replace(IDEAL, driver=replace(FREE, row=1e-5))
    assert bound.speedup(10_000_000, 8) == pytest.approx(8, rel=0.02)
    assert bound.speedup(10_000_000, 64) == pytest.approx(10, rel=0.02)
    parts = bound.parts(10_000_000, 64)
    assert max(parts, key=parts.get) == "the driver's Python"


def test_stragglers_cost_more_the_more_cores_share_a_wave():
    spread = replace(IDEAL, spread=0.3)
    lost = [cores / spread.speedup(1_000_000, cores) for cores in (1, 8, 64)]
    assert lost == sorted(lost)
    assert lost[-1] > 1.2


def test_a_model_is_fitted_to_its_runs():
    driver = Driver(row=2e-5, wave=0.05, java_row=1e-6, java_wave=0.3, java_task=0.004, joining=3e-6)
    runs = [run_of(100_000, 5, 5, driver), run_of(1000, 20, 20, driver), run_of(50_000, 8, 16, driver)]
    fitted = Driver.fit(runs, 0.004)
    assert (fitted.row, fitted.wave, fitted.java_row, fitted.java_wave) == pytest.approx((2e-5, 0.05, 1e-6, 0.3))
    assert (fitted.joining, fitted.link) == pytest.approx((3e-6, 1e-6))
    model = Model.fit(runs[:1], [Start(1, 9.0, 4.0, 3.0), Start(2, 9.0, 5.0, 4.0)], fitted)
    assert (model.row, model.wave, model.start, model.payload) == pytest.approx((1e-4, 0.25, 7.0, 300_000))


def test_where_executors_write_a_row_costs_the_driver_nothing():
    written = Driver.fit_written(
        [run_of(100_000, 5, 10, Driver(wave=0.05, java_wave=0.3, java_task=0.004))], 0.004
    )
    assert (written.row, written.java_row, written.link, written.joining) == (0.0, 0.0, 0.0, 0.0)
    assert (written.wave, written.java_wave) == pytest.approx((0.05, 0.3))
    model = replace(IDEAL, writers="executors", driver=written)
    bound = replace(IDEAL, driver=replace(FREE, row=5e-6, joining=3e-6))
    assert model.speedup(100_000_000, 512) > 0.9 * 512
    assert bound.speedup(100_000_000, 512) < 20


def test_a_task_is_worth_its_start_at_any_number_of_cores():
    started = replace(IDEAL, writers="executors", driver=replace(FREE, java_task=0.003))
    for cores in (64, 512):
        parts = started.parts(100_000_000, cores)
        assert parts["the driver's JVM"] < parts["the executors"]
