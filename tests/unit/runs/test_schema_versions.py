"""Runs of before a column was kept, and runs that keep profiles."""

import dataclasses
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core.explain.schema import RESULT_SCHEMA, SCHEMA_VERSION, TASK_SCHEMA, VERSION_KEY, result_schema
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query import rows
from sparklime_core.runs.query.export import explanations_csv
from sparklime_core.runs.query.rows import filtered
from tests.unit.runs.waves import append_both

NEW = ["profile_score", "effective_share"]
PROFILE = {"feature": "a", "bins": [{"condition": "a <= 1", "share": 0.5, "effect": 0.25}]}


@pytest.fixture
def older(explained):
    """The results as version 1 had them."""
    return explained.drop_columns(NEW).replace_schema_metadata(None)


def test_the_version_is_in_the_file_and_in_the_manifest(run, explained):
    append_both(run, explained)
    run.finish(RunState.FINISHED)
    kept = pq.read_schema(run.folder / "explanations.parquet").metadata
    assert kept[VERSION_KEY.encode()] == str(SCHEMA_VERSION).encode()
    assert json.loads((run.folder / "run.json").read_text())["schema_version"] == SCHEMA_VERSION


def test_parts_without_a_column_have_nulls_in_it(run, older):
    append_both(run, older)
    (found, *_) = rows.explanations_of(run, 1)
    assert list(found) == RESULT_SCHEMA.names
    assert [found[name] for name in NEW] == [None, None]
    assert filtered(run, RowFilter()).schema.equals(RESULT_SCHEMA)


def test_an_old_run_is_finished_in_the_new_schema(run, older, explained):
    run.append(0, [0], older.slice(0, 256), TASK_SCHEMA.empty_table())
    run.append(1, [1], explained.slice(256), TASK_SCHEMA.empty_table())
    found = rows.explanations_of(run, 1)[0]
    assert [found[name] for name in NEW] == [None, None]
    assert rows.mean_score(run) is not None
    run.finish(RunState.FINISHED)
    joined = pq.read_table(run.folder / "explanations.parquet")
    assert joined.schema.equals(RESULT_SCHEMA)
    assert joined.drop_columns(NEW).equals(explained.drop_columns(NEW))


def test_profiles_are_kept_with_the_run(run, explained):
    manifest = run.manifest()
    run.update(explain=dataclasses.replace(manifest.explain, profiles=True))
    profiles = pa.array([[PROFILE]] * len(explained), result_schema(profiles=True).field("profiles").type)
    whole = explained.append_column("profiles", profiles).select(result_schema(profiles=True).names)
    append_both(run, whole)
    run.finish(RunState.FINISHED)
    assert pq.read_table(run.folder / "explanations.parquet").schema.equals(result_schema(profiles=True))
    assert rows.explanations_of(run, 1)[0]["profiles"] == [PROFILE]
    assert filtered(run, RowFilter())["profiles"][0].as_py() == [PROFILE]
    assert b"profile_score" in explanations_csv(run, RowFilter()).splitlines()[0]
