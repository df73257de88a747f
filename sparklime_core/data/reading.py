"""`read_table`: a CSV or Parquet file to understood columns."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.data import numbers
from sparklime_core.data.cutting import cut
from sparklime_core.data.dialect import find_dialect
from sparklime_core.data.options import Decision, ReadOptions
from sparklime_core.data.parsing import Column, Kind, is_text, parse_column
from sparklime_core.data.source import MAX_BYTES, Content, Source, read_content
from sparklime_core.data.text import to_utf8
from sparklime_core.errors import DataError

PARQUET = b"PAR1"
MOST_COLUMNS = 20_000
VOTES = 1000
"""How many values of a column have a vote on the table's decimal mark."""


@dataclass(frozen=True)
class Reading:
    """A table as it was read: every column understood, nothing encoded or left out yet.

    Attributes
    ----------
    name
        What the table is called.
    columns
        In the order of the file.
    decisions
        What was decided about the file, with the reasons.
    options
        What the person had decided.
    decimal
        The decimal mark where a column's own values leave it open.
    file, sha256
        The file's name, and the digest of its bytes.
    """

    name: str
    columns: tuple[Column, ...]
    decisions: tuple[Decision, ...]
    options: ReadOptions
    decimal: str
    file: str = "table"
    sha256: str = ""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].raw)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str, wanted: Kind | None = None) -> Column:
        """Return a column by its name, taken for what is wanted whatever it looks like.

        Raises
        ------
        DataError
            When there is none.
        """
        found = self.columns[self._position(name)]
        if wanted is None or wanted == found.kind:
            return found
        return parse_column(found.name, found.raw, self.options, decimal=self.decimal, wanted=wanted)

    def preview(self, rows: int = 20) -> pa.Table:
        """Return the first rows as the file holds them."""
        return pa.table([column.raw.slice(0, rows) for column in self.columns], names=list(self.names))

    def full_name(self, name: str) -> str:
        """Return a column's name as the file writes it, spaces around it and all; see `column` for errors."""
        return self.columns[self._position(name)].name

    def _position(self, name: str) -> int:
        for matches in (self.names, tuple(known.strip() for known in self.names)):
            if name in matches:
                return matches.index(name)
        known = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
        raise DataError(f"There is no column {name!r} in {self.name!r}; the columns are {known}.")


def read_table(
    source: Source,
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    file: str | None = None,
    header_names: Sequence[str] = (),
) -> Reading:
    """Read a table and understand its columns.

    Parameters
    ----------
    source, options, name
        See `sparklime_core.read_csv`.
    file
        The name of the file that the source's bytes are of, to repeat a run with; found out for a path.
    header_names
        Names that are known to be the columns': a first line that holds one of them is a header.

    Raises
    ------
    DataError
        When there is no such file, or it is no table.
    """
    options = options or ReadOptions()
    content = read_content(source, options.member)
    if content.data.startswith(PARQUET):
        names, raw, decisions = _read_parquet(content)
    else:
        names, raw, decisions = _read_text(content, options, header_names)
    if not raw or len(raw[0]) == 0:
        raise DataError("The file has a header line but no rows; give at least two rows.")
    names, renamed = _repaired(names)
    decimal, said = _decimal(raw, decisions, options)
    columns = tuple(
        parse_column(column, values, options, decimal=decimal) for column, values in zip(names, raw, strict=True)
    )
    decisions = (*content.decisions, *decisions, *renamed, *said)
    known_as = file or content.file
    return Reading(name or content.name, columns, decisions, options, decimal, known_as, content.sha256)


_Raw = tuple[tuple[str, ...], list[pa.ChunkedArray], tuple[Decision, ...]]


def _read_text(content: Content, options: ReadOptions, header_names: Sequence[str]) -> _Raw:
    text, encoding = to_utf8(content.data, options.encoding)
    dialect = find_dialect(text, options, header_names)
    _check_width(len(dialect.names))
    table, mended = (found := cut(text, dialect)).table, found.decisions
    names, columns = list(dialect.names), list(table.columns)
    unused = 0
    while len(names) > 1 and not names[-1].strip() and _is_blank(columns[-1]):
        names.pop()
        columns.pop()
        unused += 1
    decisions = [encoding, *dialect.decisions, *mended]
    if unused:
        decisions.append(Decision("empty columns", f"{unused} left out", "they have neither a name nor a value"))
    return tuple(names), columns, tuple(decisions)


def _is_blank(values: pa.ChunkedArray) -> bool:
    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py()


def _read_parquet(content: Content) -> _Raw:
    try:
        file = pq.ParquetFile(io.BytesIO(content.data))
        size = sum(file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        if max(size, 8 * file.metadata.num_rows) > MAX_BYTES:
            raise DataError("The Parquet file unpacks to more than 2 GiB, which is too much; give a part of it.")
        table = file.read()
        table.validate(full=True)  # a damaged file may hold text that is none
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError("The Parquet file is damaged and cannot be read.") from error
    _check_width(table.num_columns)
    columns = [_plain(column) for column in table.columns]
    return (
        tuple(table.column_names),
        columns,
        (Decision("format", "Parquet", "the file begins as Parquet files do"),),
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without its dictionary; text as text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if is_text(column.type) else column


def _check_width(width: int) -> None:
    if width > MOST_COLUMNS:
        raise DataError(f"The table has {width} columns; give one with at most {MOST_COLUMNS}.")


def _repaired(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """Give every column a name of its own; names that are unique stay as they are written."""
    taken = {name for name in names if name.strip()}
    counts: Counter[str] = Counter()
    repaired, said = [], []
    for position, name in enumerate(names, start=1):
        counts[name] += 1
        if name.strip() and counts[name] == 1:
            repaired.append(name)
            continue
        wanted = f"{name}_{counts[name]}" if name.strip() else f"column_{position}"
        while wanted in taken:
            wanted += "_"
        taken.add(wanted)
        repaired.append(wanted)
        said.append(wanted)
    if not said:
        return tuple(repaired), ()
    shown = ", ".join(said[:8]) + (", …" if len(said) > 8 else "")
    reason = "columns without a name, or with the name of another one, were given these"
    return tuple(repaired), (Decision("names", shown, reason),)


def _decimal(
    columns: Sequence[pa.ChunkedArray], decisions: Sequence[Decision], options: ReadOptions
) -> tuple[str, tuple[Decision, ...]]:
    """Return the decimal mark of numbers that leave it open: what the others are written with."""
    if options.decimal is not None:
        return options.decimal, (Decision("decimal", options.decimal, "you chose it"),)
    texts = [column.slice(0, VOTES) for column in columns if is_text(column.type)]
    votes = Counter(numbers.vote(pc.utf8_trim_whitespace(values).combine_chunks()) for values in texts)
    if votes[","] > votes["."]:
        return ",", (Decision("decimal", ",", f"numbers in {votes[',']} columns can only have been written so"),)
    semicolon = any(decision.what == "delimiter" and decision.value == "semicolon" for decision in decisions)
    return "," if semicolon and not votes["."] else ".", ()
