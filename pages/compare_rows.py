"""Asked for /compare_rows first of all, a server runs this file: see `sparklime_core.dashboard.coldstart`."""

from sparklime_core.dashboard.coldstart import run_app

run_app()
