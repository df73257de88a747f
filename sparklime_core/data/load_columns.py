"""The files of a table to its names and columns, as the files hold them; nothing is understood yet."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.data.csv_dialect import Dialect, find_dialect, find_quote
from sparklime_core.data.csv_escapes import without_escapes
from sparklime_core.data.csv_rows import Cut, cut
from sparklime_core.data.parse_column import is_text
from sparklime_core.data.part_files import PartFile
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.source_bytes import MAX_BYTES, Content
from sparklime_core.data.text_encoding import to_utf8
from sparklime_core.errors import DataError

PARQUET = b"PAR1"
SPARK_TYPES = b"org.apache.spark.sql.parquet.row.metadata"
MOST_COLUMNS = 20_000
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class RawTable:
    """A table as its files hold it.

    Attributes
    ----------
    names, columns
        In the order of the files; names are as written.
    decisions
        What was decided, and why.
    found
        The same as options; None for what the files do not tell.
    indexes
        Positions of the columns that a file says are the index of a table, and not data.
    """

    names: tuple[str, ...]
    columns: list[pa.ChunkedArray]
    decisions: tuple[Decision, ...]
    found: ReadOptions
    indexes: frozenset[int] = frozenset()


def read_raw(
    parts: Sequence[PartFile],
    options: ReadOptions,
    header_names: Sequence[str],
    like: ReadOptions | None = None,
) -> RawTable:
    """Read the files of a table, of which all are Parquet, or none.

    Parameters
    ----------
    parts
        The files.
    options
        What the person has decided.
    header_names
        Names that are known to be the columns'.
    like
        How another table is read, which this one should be like.

    Raises
    ------
    DataError
        When they are no table, or not of one.
    """
    kinds = {part.content.data.startswith(PARQUET) for part in parts}
    if len(kinds) > 1:
        raise DataError("The folder holds Parquet files and others; name a folder with files of one kind.")
    return _read_parquets(parts) if kinds == {True} else _read_texts(parts, options, header_names, like)


def _read_texts(
    parts: Sequence[PartFile], options: ReadOptions, header_names: Sequence[str], like: ReadOptions | None
) -> RawTable:
    filled = [part for part in parts if part.content.data.strip()] or parts[:1]
    usual = like or ReadOptions()
    decoded = [to_utf8(part.content.data, options.encoding, usual.encoding) for part in filled]
    texts, encoding = [text for text, _ in decoded], decoded[0][1]
    sample = max(range(len(texts)), key=lambda at: len(texts[at]))
    quote = find_quote(texts[sample], options.over(usual))
    escape = options.escape if options.escape is not None else usual.escape
    _, escape, escaped = without_escapes(texts[sample], quote, escape, chosen=options.escape is not None)
    texts = [without_escapes(text, quote, escape, chosen=False)[0] for text in texts] if escape else texts
    dialect = find_dialect(texts[sample], options, header_names, like)
    _check_width(len(dialect.names))
    head = texts[sample][: dialect.start]
    found = [
        (_cut_part(part, text, dialect) if len(parts) > 1 else cut(text, dialect), part.keys)
        for part, text in zip(filled, texts, strict=True)
        if _has_rows(part, text, head, filled[sample])
    ]
    table = pa.concat_tables([cut_part.table for cut_part, _ in found])
    names, columns = list(dialect.names), list(table.columns)
    unused = 0
    while len(names) > 1 and not names[-1].strip() and _is_blank(columns[-1]):
        names.pop()
        columns.pop()
        unused += 1
    mended = dict.fromkeys(decision for cut_part, _ in found for decision in cut_part.decisions)
    decisions = [encoding, *dialect.decisions, *escaped, *mended]
    if unused:
        decisions.append(Decision("empty columns", f"{unused} left out", "they have neither a name nor a value"))
    keys = _key_columns([(cut_part.table.num_rows, keys) for cut_part, keys in found], names)
    plain = any(decision.what == "quote" and decision.value == "none" for decision in decisions)
    found_options = ReadOptions(
        encoding=encoding.value if any(not text.isascii() for text in texts) else None,
        delimiter=dialect.delimiter,
        quote="" if plain else dialect.quote,
        escape=escape,
        header=dialect.has_header,
    )
    # R leaves out the name of its row names.
    indexes = [at for at, name in enumerate(names) if dialect.has_row_names and at == 0]
    return RawTable(
        (*names, *keys), [*columns, *keys.values()], tuple(decisions), found_options, frozenset(indexes)
    )


def _has_rows(part: PartFile, text: bytes, head: bytes, sample: PartFile) -> bool:
    """Tell whether a file of a table holds more than the header line, with which every one of them begins."""
    if part is sample:
        return True
    if not text.startswith(head) and text.strip() != head.strip():
        raise DataError(
            f"The file {part.content.file!r} does not begin as {sample.content.file!r} does; the files of a "
            "folder must have the same header line, or none."
        )
    return bool(text[len(head) :].strip())


def _cut_part(part: PartFile, text: bytes, dialect: Dialect) -> Cut:
    try:
        return cut(text, dialect)
    except DataError as error:
        raise DataError(f"In {part.content.file!r}: {error}") from error


def _key_columns(
    parts: Sequence[tuple[int, Mapping[str, str | None]]], taken: Sequence[str]
) -> dict[str, pa.ChunkedArray]:
    """Return the columns that only the names of folders hold, for parts of so many rows."""
    names = [name for name in parts[0][1] if name not in taken]
    return {
        name: pa.chunked_array(
            [pa.repeat(pa.scalar(keys[name], pa.string()), rows) for rows, keys in parts], pa.string()
        )
        for name in names
    }


def _is_blank(values: pa.ChunkedArray) -> bool:
    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py()


def _read_parquets(parts: Sequence[PartFile]) -> RawTable:
    tables = [_read_parquet(part.content) for part in parts]
    names = tables[0].column_names
    for part, table in zip(parts, tables, strict=True):
        if sorted(table.column_names) != sorted(names):
            unlike = next(iter(set(table.column_names) ^ set(names)), "")
            raise DataError(
                f"The file {part.content.file!r} of the folder has other columns than {parts[0].content.file!r}, "
                f"the first that differs being {unlike!r}; name a folder of one table."
            )
    ordered = [table if table.column_names == names else table.select(names) for table in tables]
    try:
        whole = ordered[0] if len(ordered) == 1 else pa.concat_tables(ordered, promote_options="permissive")
    except MemoryError:
        raise
    except pa.ArrowException as error:
        raise DataError(
            f"The files of the folder cannot be put together: {str(error).splitlines()[0]}."
        ) from error
    keys = _key_columns([(len(table), part.keys) for part, table in zip(parts, tables, strict=True)], names)
    columns = [_plain(column) for column in whole.columns]
    decision = Decision("format", "Parquet", "the file begins as Parquet files do")
    indexes = frozenset(names.index(name) for name in _pandas_index(tables[0].schema) if name in names)
    return RawTable((*names, *keys), [*columns, *keys.values()], (decision,), ReadOptions(), indexes)


def _pandas_index(schema: pa.Schema) -> list[str]:
    """Return the columns that pandas has written as the index of its table."""
    try:
        described = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        return [name for name in described.get("index_columns", ()) if isinstance(name, str)]
    except (ValueError, AttributeError, TypeError):
        return []


def _with_zones(table: pa.Table) -> pa.Table:
    """Return a table in which instants that Spark wrote without a time zone have the one they are in: UTC."""
    try:
        described = json.loads((table.schema.metadata or {}).get(SPARK_TYPES, b"{}"))
        instants = {field["name"] for field in described.get("fields", ()) if field["type"] == "timestamp"}
    except (ValueError, AttributeError, TypeError, KeyError):
        return table
    for at, field in enumerate(table.schema):
        if field.name in instants and pa.types.is_timestamp(field.type) and field.type.tz is None:
            table = table.set_column(at, field.name, table[at].cast(pa.timestamp(field.type.unit, "UTC")))
    return table


def _read_parquet(content: Content) -> pa.Table:
    """Read a Parquet file batch by batch: what it says of its size need not be true."""
    try:
        file = pq.ParquetFile(io.BytesIO(content.data))
        _check_width(len(file.schema_arrow))
        table = pa.Table.from_batches(_bounded(file.iter_batches(BATCH_ROWS)), file.schema_arrow)
        table.validate(full=True)  # a damaged file may hold text that is none
        table = _with_zones(table)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError("The Parquet file is damaged and cannot be read.") from error
    return table


def _bounded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    size = 0
    for batch in batches:
        size += max(batch.nbytes, 8 * batch.num_rows)
        if size > MAX_BYTES:
            raise DataError("The Parquet file unpacks to more than 2 GiB, which is too much; give a part of it.")
        yield batch


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without its dictionary; text as text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if is_text(column.type) else column


def _check_width(width: int) -> None:
    if width > MOST_COLUMNS:
        raise DataError(f"The table has {width} columns; give one with at most {MOST_COLUMNS}.")
