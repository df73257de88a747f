"""The old address of /compare_rows, opened on a cold server: see `sparklime_core.dashboard.coldstart`."""

from sparklime_core.dashboard.coldstart import run_app

run_app()
