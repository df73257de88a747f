"""What processes that are to be killed need, imported once for all of them."""

import duckdb  # noqa: F401
import lime.lime_tabular  # noqa: F401
import pyarrow.dataset  # noqa: F401
import pytest  # noqa: F401
import skops.io  # noqa: F401
import tqdm.auto  # noqa: F401

import sparklime_core.cli
import sparklime_core.cli.explain
import sparklime_core.cli.export
import sparklime_core.data.read_table
import sparklime_core.explain.reference_engine
import sparklime_core.jobs.runner
import sparklime_core.models.train
import sparklime_core.reports.run_report
import sparklime_core.runs.query.compare
import sparklime_core.runs.query.export
import sparklime_core.runs.query.rows
import sparklime_core.runs.store
import sparklime_core.runs.workspace_store
import sparklime_core.spark.cluster.local_cluster
import sparklime_core.spark.executors.environment_archive
import sparklime_core.spark.executors.prewarm
import sparklime_core.spark.session.java  # noqa: F401
import tests.explain_here  # noqa: F401
from sparklime_core.explain.precompile import compile_ahead

compile_ahead()  # each process would load what numba has compiled
