"""`read_table`: a CSV or Parquet file, or a folder of them, to understood columns."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data import parse_numbers
from sparklime_core.data.parse_column import Column, is_text, parse_column
from sparklime_core.data.read_limited import read_limited
from sparklime_core.data.read_options import ColumnFormat, ColumnKind, Decision, ReadOptions
from sparklime_core.data.source_files import Source
from sparklime_core.errors import DataError, raised_as

VOTES = 1000
"""How many values of a column have a vote on the table's decimal mark."""

THREADS = 4
"""So many columns are parsed at once; each needs memory for several copies of its texts."""


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
    found
        What was decided about the file, as options.
    headers
        The names of the columns as the file writes them: empty where it has none, and twice where it has two.
    indexes
        Names of the columns that the file says are the index of a table.
    """

    name: str
    columns: tuple[Column, ...]
    decisions: tuple[Decision, ...]
    options: ReadOptions
    decimal: str
    file: str = "table"
    sha256: str = ""
    found: ReadOptions = field(default_factory=ReadOptions)
    headers: tuple[str, ...] = ()
    indexes: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].raw)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def _positions(self) -> dict[str, int]:
        """Where each name stands first: as it is written, or else without the spaces around it."""
        found = [(name, position) for position, name in enumerate(self.names)][::-1]
        return {name.strip(): position for name, position in found} | dict(found)

    def column(self, name: str, wanted: ColumnKind | None = None, like: ColumnFormat | None = None) -> Column:
        """Return a column by its name, read as the given kind.

        Parameters
        ----------
        name, wanted
            The column, and what to take it for.
        like
            How its values are known to be written.

        Raises
        ------
        DataError
            When there is none, or its values are numbers or dates that are written otherwise.
        """
        found = self.columns[self._position(name)]
        if like is not None:
            column = parse_column(
                found.name, found.raw, self.options, decimal=self.decimal, wanted=wanted, like=like
            )
            _check_fits(column, like)
            return column
        if wanted is None or wanted == found.kind:
            return found
        return parse_column(found.name, found.raw, self.options, decimal=self.decimal, wanted=wanted)

    def raw(self) -> pa.Table:
        """Return the table as the file holds it."""
        return pa.table([column.raw for column in self.columns], names=list(self.names))

    def preview(self, rows: int = 20) -> pa.Table:
        """Return the first rows as the file holds them."""
        return self.raw().slice(0, rows)

    def full_name(self, name: str) -> str:
        """Return a column's name as the file writes it, spaces around it and all; see `column` for errors."""
        return self.columns[self._position(name)].name

    def _position(self, name: str) -> int:
        if name in self._positions:
            return self._positions[name]
        known = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
        raise DataError(f"There is no column {name!r} in {self.name!r}; the columns are {known}.")


@raised_as(DataError, "The table cannot be read", but=(MemoryError,))
def read_table(
    source: Source,
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    file: str | None = None,
    header_names: Sequence[str] = (),
    like: ReadOptions | None = None,
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
    like
        How the file of another table is read, which this one should be like; `options` overrule it.

    Raises
    ------
    DataError
        When there is no such file, or it is no table.
    """
    options = options or ReadOptions()
    table = read_limited(source, options, header_names, file, like)
    if not table.columns or len(table.columns[0]) == 0:
        raise DataError("The file has a header line but no rows; give at least two rows.")
    options = options if like is None else replace(options, missing_words=options.over(like).missing_words)
    names, renamed = _repaired(table.names)
    decimal, marks = _decimal(table.columns, table.decisions, options)
    parse = partial(parse_column, options=options, decimal=decimal)
    with ThreadPoolExecutor(THREADS) as pool:  # Arrow works without Python's lock
        columns = tuple(pool.map(parse, names, table.columns))
    return Reading(
        name=name or table.name,
        columns=columns,
        decisions=(*table.decisions, *renamed, *marks),
        options=options,
        decimal=decimal,
        file=table.file,
        sha256=table.sha256,
        found=options.over(table.found),
        headers=table.names,
        indexes=frozenset(names[at] for at in table.indexes),
    )


def _check_fits(column: Column, like: ColumnFormat) -> None:
    """Refuse numbers and dates that are written otherwise than in the table that a column should be like."""
    if column.misfits is None:
        return
    row = int(pc.index(column.misfits, True).as_py())
    text = str(column.raw[row].as_py()).strip()
    if like.kind == "number":
        mark = "point" if like.notation is None or like.notation.mark == "." else "comma"
        how, choice = f"no number written with the decimal {mark} of the model's table", "choose the decimal mark"
    else:
        order = {None: "no date with three numbers", True: "the day", False: "the month"}[like.day_first]
        order = order if like.day_first is None else f"dates with {order} first"
        how, choice = f"no date as in the model's table, which has {order}", "choose whether the day is first"
    raise DataError(f"Row {row + 1} of column {column.name!r} holds {text!r}, {how}; write it so, or {choice}.")


def _repaired(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """Give every column a name of its own; names that are unique stay as they are written."""
    taken = {name for name in names if name.strip()}
    counts: Counter[str] = Counter()
    repaired, given = [], []
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
        given.append(wanted)
    if not given:
        return tuple(repaired), ()
    shown = ", ".join(given[:8]) + (", …" if len(given) > 8 else "")
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
