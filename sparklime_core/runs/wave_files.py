"""Parquet files of waves: written one by one, and joined when the run ends, with one in memory at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write
from sparklime_core.runs.stored_tables import damage_explained


def write_part(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all."""
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, use_dictionary=_repeating(table.schema))


def join_parts(parts: Sequence[Path], schema: pa.Schema, path: Path) -> None:
    """Join files into one, with a row group for each."""
    with (
        atomic_write(path) as temporary,
        pq.ParquetWriter(temporary, schema, use_dictionary=_repeating(schema)) as writer,
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


def count_rows(explanations: pa.Table) -> tuple[int, int]:
    """Return how many rows a table of results has, and how many of them failed."""
    failed = explanations.filter(pc.is_valid(explanations["error"]))
    return _distinct(explanations["row_id"]), _distinct(failed["row_id"])


def with_numbers(table: pa.Table, numbers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return a table with lists of numbers in its metadata, by name."""
    kept = {name: ",".join(map(str, of)) for name, of in numbers.items()}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **kept})


def numbers_of(part: Path, name: str) -> list[int]:
    """Return a list of numbers from a part's metadata; empty in parts of versions without it."""
    with damage_explained(part):
        kept = (pq.read_schema(part).metadata or {}).get(name.encode(), b"")
        return [int(number) for number in kept.split(b",") if number]


def read_outcomes(part: Path) -> pa.Table:
    """Read what `count_rows` needs of a part."""
    return read_part(part, ["row_id", "error"])


def _distinct(column: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(column).as_py())


def _repeating(schema: pa.Schema) -> list[str]:
    """Return the columns, by Parquet's paths, that a dictionary makes smaller: all but floats."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        inner = (kind[at] for at in range(kind.num_fields))
        return [leaf for field in inner for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [] if pa.types.is_floating(kind) else [path]
