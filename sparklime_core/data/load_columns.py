"""The files of a table to its names and columns, as the files hold them; nothing is understood yet."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.data.csv_dialect import Dialect, find_dialect, find_quote
from sparklime_core.data.csv_rows import cut_rows, without_escapes
from sparklime_core.data.parse_column import is_text
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.source_files import SourceFile, SourceFiles
from sparklime_core.data.text_encoding import to_utf8
from sparklime_core.data.unpack import MAX_BYTES
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
    name, file, sha256
        As `SourceFiles` has them.
    names, columns
        In the order of the files; names are as written.
    decisions
        What was decided, and why.
    found
        The same as options; None for what the files do not tell.
    indexes
        Positions of the columns that a file says are the index of a table, and not data.
    """

    name: str
    file: str
    sha256: str
    names: tuple[str, ...]
    columns: list[pa.ChunkedArray]
    decisions: tuple[Decision, ...]
    found: ReadOptions
    indexes: tuple[int, ...] = ()


def load_columns(
    source: SourceFiles, options: ReadOptions, header_names: Sequence[str], like: ReadOptions | None = None
) -> RawTable:
    """Load the columns of a table's files, of which all are Parquet, or none.

    Parameters
    ----------
    source
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
    kinds = {file.data.startswith(PARQUET) for file in source.files}
    if len(kinds) > 1:
        raise DataError("The folder holds Parquet files and others; name a folder with files of one kind.")
    return _load_parquets(source) if kinds == {True} else _load_texts(source, options, header_names, like)


def _load_texts(
    source: SourceFiles, options: ReadOptions, header_names: Sequence[str], like: ReadOptions | None
) -> RawTable:
    files = [file for file in source.files if file.data.strip()] or list(source.files[:1])
    usual = like or ReadOptions()
    decoded = [to_utf8(file.data, options.encoding, usual.encoding) for file in files]
    texts, encoding = [text for text, _ in decoded], decoded[0][1]
    sample = max(range(len(texts)), key=lambda at: len(texts[at]))
    texts, escape, escaped = _unescaped(texts, sample, options, usual)
    dialect = find_dialect(texts[sample], options, header_names, like)
    _check_width(len(dialect.names))
    head = texts[sample][: dialect.start]
    filled = [
        (file, text)
        for file, text in zip(files, texts, strict=True)
        if file is files[sample] or _has_rows(file, text, head, files[sample])
    ]
    cuts = [_cut_file(file, text, dialect, is_alone=len(source.files) == 1) for file, text in filled]
    tables, mended = [table for table, _ in cuts], [decision for _, decisions in cuts for decision in decisions]
    names, columns, unused = _without_unused(list(dialect.names), list(pa.concat_tables(tables).columns))
    keys = _key_columns([file for file, _ in filled], tables, names)
    decisions = (*source.decisions, encoding, *dialect.decisions, *escaped, *dict.fromkeys(mended), *unused)
    is_plain = any(decision.what == "quote" and decision.value == "none" for decision in decisions)
    found = ReadOptions(
        encoding=encoding.value if any(not text.isascii() for text in texts) else None,
        delimiter=dialect.delimiter,
        quote="" if is_plain else dialect.quote,
        escape=escape,
        header=dialect.has_header,
    )
    return RawTable(
        *(source.name, source.file, source.sha256),
        (*names, *keys),
        [*columns, *keys.values()],
        decisions,
        found,
        (0,) if dialect.has_row_names else (),  # R leaves out the name of its row names
    )


def _unescaped(
    texts: list[bytes], sample: int, options: ReadOptions, usual: ReadOptions
) -> tuple[list[bytes], str | None, list[Decision]]:
    """Return texts without escapes, the escape, and what one of the texts tells of it."""
    quote = find_quote(texts[sample], options.over(usual))
    escape = options.over(usual).escape
    _, escape, decisions = without_escapes(texts[sample], quote, escape, chosen=options.escape is not None)
    if escape:
        texts = [without_escapes(text, quote, escape, chosen=False)[0] for text in texts]
    return texts, escape, decisions


def _has_rows(file: SourceFile, text: bytes, head: bytes, sample: SourceFile) -> bool:
    """Return whether a file holds rows below the header line, with which all files of a table begin."""
    if not text.startswith(head) and text.strip() != head.strip():
        raise DataError(
            f"The file {file.file!r} does not begin as {sample.file!r} does; the files of a "
            "folder must have the same header line, or none."
        )
    return bool(text[len(head) :].strip())


def _cut_file(
    file: SourceFile, text: bytes, dialect: Dialect, *, is_alone: bool
) -> tuple[pa.Table, list[Decision]]:
    try:
        return cut_rows(text, dialect)
    except DataError as error:
        if is_alone:
            raise
        raise DataError(f"In {file.file!r}: {error}") from error


def _without_unused(
    names: list[str], columns: list[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], list[Decision]]:
    """Leave out columns at the end that have neither a name nor a value."""
    kept = len(names)
    while kept > 1 and not names[kept - 1].strip() and _is_blank(columns[kept - 1]):
        kept -= 1
    if kept == len(names):
        return names, columns, []
    what = f"{len(names) - kept} left out"
    decision = Decision("empty columns", what, "they have neither a name nor a value")
    return names[:kept], columns[:kept], [decision]


def _key_columns(
    files: Sequence[SourceFile], tables: Sequence[pa.Table], taken: Sequence[str]
) -> dict[str, pa.ChunkedArray]:
    """Return the columns that only the names of folders hold, for the tables of files."""
    names = [name for name in files[0].keys if name not in taken]
    pairs = list(zip(files, tables, strict=True))
    return {
        name: pa.chunked_array(
            [pa.repeat(pa.scalar(file.keys[name], pa.string()), table.num_rows) for file, table in pairs],
            pa.string(),
        )
        for name in names
    }


def _is_blank(values: pa.ChunkedArray) -> bool:
    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py()


def _load_parquets(source: SourceFiles) -> RawTable:
    files = source.files
    tables = [_load_parquet(file.data) for file in files]
    names = tables[0].column_names
    for file, table in zip(files, tables, strict=True):
        if sorted(table.column_names) != sorted(names):
            unlike = next(iter(set(table.column_names) ^ set(names)), "")
            raise DataError(
                f"The file {file.file!r} of the folder has other columns than {files[0].file!r}, "
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
    keys = _key_columns(files, tables, names)
    return RawTable(
        *(source.name, source.file, source.sha256),
        (*names, *keys),
        [*map(_plain, whole.columns), *keys.values()],
        (*source.decisions, Decision("format", "Parquet", "the file begins as Parquet files do")),
        ReadOptions(),
        tuple(names.index(name) for name in _pandas_index(tables[0].schema) if name in names),
    )


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


def _load_parquet(data: bytes) -> pa.Table:
    """Read a Parquet file batch by batch: what it says of its size need not be true."""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        _check_width(len(file.schema_arrow))
        table = pa.Table.from_batches(_bounded(file.iter_batches(BATCH_ROWS)), file.schema_arrow)
        table.validate(full=True)  # a damaged file may hold text that is none
        return _with_zones(table)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError("The Parquet file is damaged and cannot be read.") from error


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
