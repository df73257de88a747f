"""Parquet files of waves: written one by one, and joined when the run ends, with one in memory at a time."""

import functools
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write
from sparklime_core.runs.part_tables import repeating, write_parquet
from sparklime_core.runs.stored_tables import damage_explained, state_of_file


def write_part(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all."""
    with atomic_write(path) as temporary:
        write_parquet(table, temporary)


def join_parts(parts: Sequence[Path], schema: pa.Schema, path: Path) -> None:
    """Join files into one, with a row group for each."""
    with (
        atomic_write(path) as temporary,
        pq.ParquetWriter(temporary, schema, use_dictionary=repeating(schema)) as writer,
    ):
        for part in parts:
            writer.write_table(conformed(read_part(part), schema))


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table in a schema; columns that it lacks are null."""
    held = set(table.column_names)
    columns = [
        table[name] if name in held else pa.nulls(len(table), schema.field(name).type) for name in schema.names
    ]
    return pa.table(columns, names=schema.names).cast(schema)


def read_part(part: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a table, or some of its columns.

    Raises
    ------
    RunError
        When the file is damaged.
    """
    with damage_explained(part):
        return pq.read_table(part, columns=columns, partitioning=None)


def first_row(part: Path) -> int:
    """Return the smallest ``row_id`` of a part; -1 where it has no rows."""
    first = pc.min(read_part(part, ["row_id"])["row_id"]).as_py()
    return -1 if first is None else int(first)


def numbers_of(part: Path, name: str) -> list[int]:
    """Return a list of numbers from a part's metadata; empty in parts of versions without it."""
    with damage_explained(part):
        return list(_numbers(part, name, state_of_file(part)))


def read_outcomes(part: Path) -> pa.Table:
    """Read what `count_rows` needs of a part."""
    return read_part(part, ["row_id", "error"])


@functools.lru_cache(maxsize=16_384)
def _numbers(part: Path, name: str, _state: tuple[int, int]) -> tuple[int, ...]:
    """Read a list of numbers: once for each state of a file, for a large run has thousands of parts."""
    kept = (pq.read_schema(part).metadata or {}).get(name.encode(), b"")
    return tuple(int(number) for number in kept.split(b",") if number)
