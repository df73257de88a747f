"""One DuckDB database for all questions, over Parquet files that are never loaded whole."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.atomic_files import remove_file
from sparklime_core.explain.schema import RESULT_SCHEMA, WORK_SCHEMA
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import (
    PARTS,
    TABLES,
    check_table,
    damaged,
    find_damage,
    is_index,
    literal,
    run_folder,
    scan,
)

Files: TypeAlias = Callable[[], list[str]]


def query(
    files: Files,
    schema: pa.Schema,
    sql: str,
    parameters: Sequence[Any] = (),
    *,
    blocks: Files | None = None,
    **tables: pa.Table,
) -> pa.Table:
    """Run SQL in which ``results`` stands for some files; of no files, for an empty table.

    Parameters
    ----------
    files, schema
        The files of ``results``, and their schema.
    sql, parameters
        The question.
    blocks
        A run's ``block_files``, for the view ``explained_by``: ``row_id`` of each explained row, and the columns
        of `WORK_SCHEMA`. It lacks rows whose executor is not recorded.
    tables
        Further tables, by the names that they have in the question.
    """
    try:
        return _query_once(files, schema, sql, parameters, blocks, tables)
    except (duckdb.Error, FileNotFoundError):
        # The run has ended meanwhile, which joins its parts, or the index is damaged and is made again.
        forget_damaged(files())
    try:
        return _query_once(files, schema, sql, parameters, blocks, tables)
    except FileNotFoundError as error:
        raise damaged(Path(str(error.filename)), "is missing") from error


def ask_results(run: Run, sql: str, parameters: Sequence[Any] = (), **tables: pa.Table) -> pa.Table:
    """Run SQL in which ``results`` stands for a run's results so far."""
    return query(run.explanation_files, RESULT_SCHEMA, sql, parameters, **tables)


def frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as a data frame."""
    return table.to_pandas()  # type: ignore[no-any-return]


def forget_damaged(files: Sequence[str]) -> None:
    """Delete damaged files of the index in the folders of some files of a run; they are made again.

    Raises
    ------
    RunError
        When another file is damaged.
    """
    for folder in {run_folder(Path(file)) for file in files}:
        for path in _tables_in(folder):
            error = find_damage(path)
            if error is not None and not is_index(path):
                raise error
            if error is not None:
                remove_file(path)


def _tables_in(run: Path) -> Iterator[Path]:
    """Yield the Parquet files of a run, and no other files in its folder."""
    for folder in (run, run / PARTS, *(run / name for name in TABLES.values())):
        yield from (found for found in folder.glob("*.parquet") if found.is_file())


_BEST_LABEL = """
CREATE MACRO best_label(label, prediction) AS
  arg_max(label, {'prediction': prediction, 'first': -label}) FILTER (prediction IS NOT NULL)
"""
"""An aggregate: a row's most probable label, of equals the smallest, as the index of rows has it."""

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
    with cursor() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        add_view(connection, "results", files(), schema)
        if blocks is not None:
            add_view(connection, "blocks", blocks(), WORK_SCHEMA)
            connection.execute(_EXPLAINED_BY)
        return connection.sql(sql, params=list(parameters)).to_arrow_table()


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return the process's one empty database: opening one takes longer than most questions."""
    database = duckdb.connect(config={"enable_external_file_cache": "false"})
    database.execute(_BEST_LABEL)
    return database


def cursor() -> duckdb.DuckDBPyConnection:
    """Return a cursor of the process's database, whose temporary views no other one sees."""
    return _database().cursor()


def add_view(connection: duckdb.DuckDBPyConnection, name: str, files: list[str], schema: pa.Schema) -> None:
    """Give a cursor a view of files; of no files, an empty table."""
    if files:
        for path in files:
            check_table(path, schema)
        paths = ", ".join(str(duckdb.ConstantExpression(literal(path))) for path in files)
        held = f"SELECT * FROM {scan(f'[{paths}]', union=True)}"  # noqa: S608
        if not set(schema.names) <= set(pq.read_schema(files[0]).names):
            # An older version wrote fewer columns: the others are null. The first part is the oldest.
            connection.register(f"empty_{name}", schema.empty_table())
            held = f"SELECT * FROM empty_{name} UNION ALL BY NAME {held}"  # noqa: S608
        connection.execute(f"CREATE TEMP VIEW {name} AS {held}")
    else:
        connection.register(name, schema.empty_table())
