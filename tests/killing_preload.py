"""What processes that are to be killed need, imported once for all of them."""

import duckdb  # noqa: F401
import lime.lime_tabular  # noqa: F401
import numba  # noqa: F401
import sklearn.ensemble  # noqa: F401
import skops.io  # noqa: F401

import sparklime_core.cli.main
import sparklime_core.jobs.runner
import sparklime_core.models.train
import sparklime_core.reports.run_report
import sparklime_core.runs.query.compare
import sparklime_core.runs.store  # noqa: F401
