"""How a part of a run is written, and what it says of itself. Executors do so too, with no more than Arrow."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NUMBERS, COUNTS, WAVES = "blocks", "counts", "waves"
"""Names of the numbers that a part of results keeps: its blocks; its rows, and how many of them failed; where
executors write, its wave, which the driver's parts have in their names."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table of a run to a file."""
    pq.write_table(table, path, use_dictionary=repeating(table.schema))


def count_rows(explanations: pa.Table) -> tuple[int, int]:
    """Return how many rows a table of results has, and how many of them failed."""
    failed = explanations.filter(pc.is_valid(explanations["error"]))
    return _distinct(explanations["row_id"]), _distinct(failed["row_id"])


def with_numbers(table: pa.Table, numbers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return a table with lists of numbers in its metadata, by name."""
    kept = {name: ",".join(map(str, of)) for name, of in numbers.items()}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **kept})


def repeating(schema: pa.Schema) -> list[str]:
    """Return the columns, by Parquet's paths, that a dictionary makes smaller: all but floats."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _distinct(column: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(column).as_py())


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        inner = (kind[at] for at in range(kind.num_fields))
        return [leaf for field in inner for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [] if pa.types.is_floating(kind) else [path]
