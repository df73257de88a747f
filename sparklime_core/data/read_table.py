"""`read_table`: a CSV or Parquet file, or a folder of them, to understood columns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data import parse_numbers
from sparklime_core.data.load_columns import read_raw
from sparklime_core.data.parse_column import Column, Kind, is_text, parse_column
from sparklime_core.data.part_files import read_parts
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.source_bytes import Source
from sparklime_core.errors import DataError

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
    found = read_parts(source, options.member)
    names, raw, decisions = read_raw(found.parts, options, header_names)
    if not raw or len(raw[0]) == 0:
        raise DataError("The file has a header line but no rows; give at least two rows.")
    names, renamed = _repaired(names)
    decimal, said = _decimal(raw, decisions, options)
    columns = tuple(
        parse_column(column, values, options, decimal=decimal) for column, values in zip(names, raw, strict=True)
    )
    decisions = (*found.decisions, *decisions, *renamed, *said)
    return Reading(name or found.name, columns, decisions, options, decimal, file or found.file, found.sha256)


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
    votes = Counter(parse_numbers.vote(pc.utf8_trim_whitespace(values).combine_chunks()) for values in texts)
    if votes[","] > votes["."]:
        return ",", (Decision("decimal", ",", f"numbers in {votes[',']} columns can only have been written so"),)
    semicolon = any(decision.what == "delimiter" and decision.value == "semicolon" for decision in decisions)
    return "," if semicolon and not votes["."] else ".", ()
