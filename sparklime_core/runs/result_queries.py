"""Questions about a run's results, answered by DuckDB over its Parquet: never loaded whole."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.atomic_files import remove_file
from sparklime_core.explain.schema import RESULT_SCHEMA, STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.runs.run import Run
from sparklime_core.runs.run_files import PARTS, ROWS_FILE
from sparklime_core.runs.stored_tables import check_table, damaged, find_damage, literal, scan

Files: TypeAlias = Callable[[], list[str]]


def row_page(run: Run, *, limit: int = 1000, offset: int = 0) -> pd.DataFrame:
    """Return a page of explained (row, label) pairs in row order, with their strongest reason."""
    return _frame(
        run.explanation_files,
        RESULT_SCHEMA,
        "SELECT row_id, label, label_name, prediction, local_prediction, score, "
        "explanation[1].feature_explanation AS top_reason, error "
        "FROM results ORDER BY row_id, label LIMIT ? OFFSET ?",
        limit,
        offset,
    )


def explanations_of(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Return the results of one row, one a label, as dictionaries of the result's schema."""
    sql = "SELECT * FROM results WHERE row_id = ? ORDER BY label"
    found: list[dict[str, Any]] = query(run.explanation_files, RESULT_SCHEMA, sql, [row_id]).to_pylist()
    return found


def largest_weight(run: Run) -> float:
    """Return the largest absolute weight of the run: the scale that all its charts share."""
    frame = _frame(
        run.explanation_files,
        RESULT_SCHEMA,
        "SELECT max(list_max(list_transform(explanation, lambda e: abs(e.weight)))) AS largest FROM results",
    )
    largest = frame["largest"][0]
    return float(largest) if pd.notna(largest) else 0.0


def mean_score(run: Run) -> float | None:
    """Return the mean local R² of a run's explanations; None where there is none yet."""
    found = _frame(run.explanation_files, RESULT_SCHEMA, "SELECT avg(score) AS mean FROM results")["mean"][0]
    return float(found) if pd.notna(found) else None


def tasks(run: Run) -> pd.DataFrame:
    """Return the finished tasks, in the order in which they started."""
    return _frame(run.task_files, TASK_SCHEMA, "SELECT * FROM results ORDER BY started, wave, partition")


def executors(run: Run) -> pd.DataFrame:
    """Return, by executor: host, processes, tasks, rows, busy seconds, and rows a busy second."""
    return _frame(
        run.task_files,
        TASK_SCHEMA,
        "SELECT executor, any_value(host) AS host, count(DISTINCT pid) AS processes, count(*) AS tasks, "
        "sum(rows)::BIGINT AS rows, sum(seconds) AS busy_seconds, sum(rows) / sum(seconds) AS rows_per_second "
        "FROM results GROUP BY executor ORDER BY executor",
    )


def explained_by(run: Run, row_id: int) -> dict[str, Any] | None:
    """Return who explained a row: its block, as a dictionary of `WORK_SCHEMA`; None where that is not recorded."""
    sql = "SELECT * FROM results WHERE ? BETWEEN first_row AND last_row"
    found = query(run.block_files, WORK_SCHEMA, sql, [row_id]).to_pylist()
    return found[0] if found else None


def stability_of(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Return how stable the explanations of a row are, one a label, as dictionaries of `STABILITY_SCHEMA`."""
    sql = "SELECT * FROM results WHERE row_id = ? ORDER BY label"
    found: list[dict[str, Any]] = query(run.stability_files, STABILITY_SCHEMA, sql, [row_id]).to_pylist()
    return found


def _frame(files: Files, schema: pa.Schema, sql: str, *parameters: Any) -> pd.DataFrame:
    frame: pd.DataFrame = query(files, schema, sql, parameters).to_pandas()
    return frame


def query(
    files: Files,
    schema: pa.Schema,
    sql: str,
    parameters: Sequence[Any],
    *,
    blocks: Files | None = None,
    **tables: pa.Table,
) -> pa.Table:
    """Run SQL in which ``results`` stands for the files; with none yet, for an empty table.

    Parameters
    ----------
    files, schema
        What ``results`` is.
    sql, parameters
        The question.
    blocks
        With a run's ``block_files``, ``explained_by`` is there as well: ``row_id`` of each explained row beside
        the columns of `WORK_SCHEMA`. Rows whose executor is not recorded are not in it.
    tables
        Further tables, by the names that they have in the question.
    """
    try:
        return _query_once(files, schema, sql, parameters, blocks, tables)
    except (duckdb.Error, FileNotFoundError):
        # The run ended in between and its parts became one file, or the index was damaged and is made again.
        forget_damaged(files())
    try:
        return _query_once(files, schema, sql, parameters, blocks, tables)
    except FileNotFoundError as error:
        raise damaged(Path(str(error.filename)), "is missing") from error


def forget_damaged(files: Sequence[str]) -> None:
    """Delete what is damaged of the index beside some files of a run; it is made again.

    Raises
    ------
    RunError
        When another file there is damaged.
    """
    for folder in {path.parents[path.parent.name == PARTS] for path in map(Path, files)}:
        for path in (*folder.glob("*.parquet"), *(folder / PARTS).glob("*.parquet")):
            error = find_damage(path)
            if error is not None and not path.name.startswith(Path(ROWS_FILE).stem):
                raise error
            if error is not None:
                remove_file(path)


_EXPLAINED_BY = """
CREATE TEMP VIEW explained_by AS
  SELECT rows.row_id, blocks.* FROM (SELECT DISTINCT row_id FROM results) AS rows
  ASOF JOIN blocks ON rows.row_id >= blocks.first_row
  WHERE rows.row_id <= blocks.last_row
"""


def _query_once(
    files: Files,
    schema: pa.Schema,
    sql: str,
    parameters: Sequence[Any],
    blocks: Files | None,
    tables: Mapping[str, pa.Table],
) -> pa.Table:
    with _database().cursor() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        _view(connection, "results", files(), schema)
        if blocks is not None:
            _view(connection, "blocks", blocks(), WORK_SCHEMA)
            connection.execute(_EXPLAINED_BY)
        return connection.sql(sql, params=list(parameters)).to_arrow_table()


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return the process's one empty database: to open one takes longer than most questions.

    Every question has a cursor of its own, whose views are temporary: no other one sees them.
    """
    return duckdb.connect(config={"enable_external_file_cache": "false"})


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: list[str], schema: pa.Schema) -> None:
    if files:
        for path in files:
            check_table(path, schema)
        paths = ", ".join("'" + literal(path).replace("'", "''") + "'" for path in files)
        held = f"SELECT * FROM {scan(f'[{paths}]', union=True)}"  # noqa: S608
        if not set(schema.names) <= set(pq.read_schema(files[0]).names):
            # Written before all of these columns were kept: they are null. Of parts, the first is the oldest.
            connection.register(f"empty_{name}", schema.empty_table())
            held = f"SELECT * FROM empty_{name} UNION ALL BY NAME {held}"  # noqa: S608
        connection.execute(f"CREATE TEMP VIEW {name} AS {held}")
    else:
        connection.register(name, schema.empty_table())
