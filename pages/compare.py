"""The old address of /compare_runs, opened on a cold server: see `sparklime_core.dashboard.coldstart`."""

from sparklime_core.dashboard.coldstart import run_app

run_app()
