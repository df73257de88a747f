r"""Cut a text into columns with pyarrow, and mend the lines that have too few or too many fields.

pyarrow reads doubled quotation marks, so escaped ones are doubled first. Spark's CSV writer puts a backslash
before a quotation mark in a text, doubles the backslashes before such a mark, and leaves all others alone. MySQL
doubles every backslash. A file with doubled quotation marks may hold ``\"`` too, where a text ends in a backslash.
The lines that hold it tell which of the two it is.
"""

import csv
import io
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sparklime_core.data.csv_dialect import Dialect, csv_reader
from sparklime_core.data.csv_header import CHOSEN
from sparklime_core.data.read_options import Decision
from sparklime_core.errors import DataError

MOST_RAGGED = 0.2
"""A larger share of lines with too many fields means that the file was cut in the wrong way."""

MOST_MISFITS = 1_000_000
"""How many lines with too few or too many fields are put right, one by one."""

_END_ROWS = 2**16
_BLOCK = 2**22
_LARGE = 2**31 - 1

MOST_LINES = 2000
"""How many of the lines that hold an escaped quotation mark are looked at."""


@dataclass(frozen=True)
class _Misfit:
    position: int
    text: str


def cut_rows(text: bytes, dialect: Dialect) -> tuple[pa.Table, list[Decision]]:
    """Cut a text in UTF-8.

    Returns
    -------
    table
        Columns of text, named by their position.
    decisions
        What was done to lines that did not fit.

    Raises
    ------
    DataError
        When it cannot be cut, or too many of its lines do not fit.
    """
    width = len(dialect.names)
    rows = text[dialect.start :]
    if dialect.spaced:
        rows = _respaced(rows, dialect)
    if not rows.strip():
        raise DataError("The file has a header line but no rows; give at least two rows.")
    delimiter = "," if dialect.spaced else dialect.delimiter
    table, misfits = _parse(rows, width, delimiter, dialect.quote)
    decisions: list[Decision] = []
    if dialect.quote and _swallowed(rows, table, dialect.quote):
        plain, plain_misfits = _parse(rows, width, delimiter, "")
        if len(plain_misfits) > MOST_RAGGED * max(plain.num_rows, 1):
            raise DataError(
                f"A quotation mark is opened and never closed, after row {table.num_rows}; "
                "correct it, or read the file without quotation marks."
            )
        table, misfits = plain, plain_misfits
        decisions.append(
            Decision("quote", "none", "one is opened and never closed, so they are ordinary characters")
        )
    if misfits:
        table, mended = _mend(table, misfits, width, delimiter, dialect.quote)
        decisions += mended
    return _without_empty_end(table), decisions


def _parse(rows: bytes, width: int, delimiter: str, quote: str) -> tuple[pa.Table, list[_Misfit]]:
    """Parse with all cores; when lines do not fit, again with one, which alone tells where they are."""
    misfits: list[_Misfit] = []

    def note(row: pa.csv.InvalidRow) -> str:
        misfits.append(_Misfit((row.number or 0) - 1, row.text))
        return "skip" if len(misfits) <= MOST_MISFITS else "error"

    try:
        table = _read(rows, width, delimiter, quote, note, threads=True)
        if misfits:
            misfits.clear()
            table = _read(rows, width, delimiter, quote, note, threads=False)
    except DataError as error:
        if len(misfits) <= MOST_MISFITS:
            raise
        raise DataError(
            f"More than {MOST_MISFITS:,} rows have more or fewer fields than the {width} columns; check the "
            "delimiter, and put values that hold it into quotation marks."
        ) from error
    return table, misfits


def _read(rows: bytes, width: int, delimiter: str, quote: str, note: object, *, threads: bool) -> pa.Table:
    names = [str(position) for position in range(width)]
    for block in (_BLOCK, _LARGE):
        try:
            return pa.csv.read_csv(
                pa.py_buffer(rows),
                read_options=pa.csv.ReadOptions(column_names=names, use_threads=threads, block_size=block),
                parse_options=pa.csv.ParseOptions(
                    delimiter=delimiter,
                    quote_char=quote or False,
                    newlines_in_values=bool(quote) and quote.encode() in rows,
                    invalid_row_handler=note,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            if block == _LARGE or "block" not in str(error):
                reason = str(error).strip().splitlines()[0].rstrip(".")
                raise DataError(f"The file is not a well-formed CSV table: {reason}.") from error
    raise AssertionError("the loop returns or raises")


def _swallowed(rows: bytes, table: pa.Table, quote: str) -> bool:
    """Return whether a quotation mark that is never closed has swallowed the rest of the rows."""
    if rows.count(quote.encode()) % 2 == 0 or not table.num_rows:
        return False
    last = [column[-1].as_py() or "" for column in table.columns]
    return any("\n" in value or "\r" in value for value in last)


def _mend(
    table: pa.Table, misfits: list[_Misfit], width: int, delimiter: str, quote: str
) -> tuple[pa.Table, list[Decision]]:
    """Put the lines that did not fit back in their places: filled up, or cut where what is beyond is empty."""
    kept: list[list[str]] = []
    positions: list[int] = []
    short, long = 0, []
    for misfit in misfits:
        fields = _fields(misfit.text, delimiter, quote)
        if len(fields) > width and any(field.strip() for field in fields[width:]):
            long.append(misfit.position + 1)
            continue
        short += len(fields) < width
        kept.append((fields + [""] * width)[:width])
        positions.append(misfit.position)
    total = table.num_rows + len(misfits)
    if len(long) > MOST_RAGGED * total:
        has = "has" if len(long) == 1 else "have"
        raise DataError(
            f"{len(long)} of {total} rows {has} more fields than the {width} columns, row {long[0]} first; "
            "check the delimiter, and put values that hold it into quotation marks."
        )
    decisions = []
    if short:
        decisions.append(Decision("short rows", f"{short} filled up", "what they lack at the end is missing"))
    if long:
        shown = ", ".join(map(str, long[:5])) + (" …" if len(long) > 5 else "")
        reason = f"they have more fields than there are columns: row {shown} of the file"
        decisions.append(Decision("long rows", f"{len(long)} left out", reason))
    return _insert(table, kept, positions, [misfit.position for misfit in misfits]), decisions


def _insert(table: pa.Table, rows: list[list[str]], positions: list[int], taken: list[int]) -> pa.Table:
    """Return the table with rows inserted at their positions among all lines; `taken` is where no good row is."""
    order = np.full(table.num_rows + len(taken), -1)
    good = np.ones(len(order), dtype=bool)
    good[taken] = False
    order[good] = np.arange(table.num_rows)
    order[positions] = table.num_rows + np.arange(len(rows))
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(table.num_columns)]
    return pa.concat_tables([table, pa.table(columns, names=table.column_names)]).take(pa.array(order[order >= 0]))


def _fields(text: str, delimiter: str, quote: str) -> list[str]:
    csv.field_size_limit(_LARGE)
    try:
        return next(csv_reader([text], delimiter, quote), [])
    except csv.Error:
        return text.split(delimiter)


def _respaced(rows: bytes, dialect: Dialect) -> bytes:
    """Return rows with commas for runs of spaces, and without the spaces that follow a delimiter."""
    csv.field_size_limit(_LARGE)
    lines = io.StringIO(rows.decode("utf-8"), newline="")
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n", quotechar=dialect.quote or '"')
    try:
        reader = csv_reader(lines, dialect.delimiter, dialect.quote, spaced=True)
        writer.writerows(record for record in reader if record)
    except csv.Error as error:
        raise DataError(f"The file is not a well-formed table: {error}.") from error
    return written.getvalue().encode("utf-8")


def _without_empty_end(table: pa.Table) -> pa.Table:
    """Drop rows at the end in which every cell is empty."""
    for stop in range(table.num_rows, 0, -_END_ROWS):
        start = max(0, stop - _END_ROWS)
        filled = np.zeros(stop - start, dtype=bool)
        for column in table.slice(start, stop - start).columns:
            filled |= pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy()
        if filled.any():
            return table.slice(0, start + int(np.flatnonzero(filled)[-1]) + 1)
    return table.slice(0, 0)


def without_escapes(
    text: bytes, quote: str, escape: str | None, *, chosen: bool
) -> tuple[bytes, str | None, list[Decision]]:
    """Return a text in UTF-8 with doubled quotation marks instead of escaped ones.

    Parameters
    ----------
    text
        The whole file.
    quote
        The quotation mark, or ``""``.
    escape
        The character before a mark in a text, ``""`` where marks are doubled; None: find out.
    chosen
        Whether a person chose it.

    Returns
    -------
    text
        The same where nothing is escaped.
    escape
        The character; None where the text does not tell.
    decisions
        What was decided, if there was anything to decide.
    """
    if not quote or escape == "":
        return text, escape, [Decision("escape", "none", CHOSEN)] if chosen and escape == "" else []
    mark = (escape or "\\").encode() + quote.encode()
    if mark not in text:
        return text, escape, []
    if escape is None:
        lines = b"\n".join(_lines_with(text, mark))
        if _strays(_doubled(lines, "\\", quote), quote) >= _strays(lines, quote):
            decision = Decision("escape", "none", "quotation marks after a backslash end a text")
            return text, "", [decision]
        reason = f"a backslash before a quotation mark ({_shown(lines, mark)}) makes it part of the text"
    else:
        reason = CHOSEN if chosen else "as in the model's table"
    found = escape or "\\"
    return _doubled(text, found, quote), found, [Decision("escape", found, reason)]


def _lines_with(text: bytes, mark: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = text.find(mark)
    while at >= 0 and len(found) < MOST_LINES:
        begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        end = len(text) if end < 0 else end
        found.append(text[begin:end])
        at = text.find(mark, end)
    return found


def _doubled(text: bytes, escape: str, quote: str) -> bytes:
    """Return a text with doubled quotation marks; a pair of escapes before a mark is one of them."""
    run = re.compile(rb"((?:" + re.escape(escape.encode()) + rb")+)" + quote.encode())
    one, mark = escape.encode(), quote.encode()

    def rewritten(found: re.Match[bytes]) -> bytes:
        count = len(found[1])
        return one * (count // 2) + mark * (1 + count % 2)

    if escape == "\\" and _doubles_all(text, mark):
        return re.sub(rb"\\(.)", lambda found: _meant(found[1], mark), text, flags=re.DOTALL)
    return run.sub(rewritten, text)


def _doubles_all(text: bytes, mark: bytes) -> bool:
    r"""Return whether every backslash is part of an escape, as in MySQL's files, and one escapes another."""
    others = re.sub(rb"\\(?:[\\0Nntr\r\n]|" + mark + rb")", b"", text)
    free = re.sub(rb"\\+" + mark, b"", text)
    return b"\\" not in others and b"\\\\" in free


def _meant(letter: bytes, mark: bytes) -> bytes:
    return {mark: mark * 2, b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"", b"N": b"\\N"}.get(letter, letter)


def _strays(text: bytes, quote: str) -> int:
    """Return how many quotation marks neither begin nor end a text, and are not doubled."""
    mark = re.escape(quote).encode()
    whole = rb"(?:^|(?<=[,;|\t:]))[ ]*" + mark + rb"(?:[^" + mark + rb"]|" + mark * 2 + rb")*+" + mark
    return re.sub(whole + rb"(?=[ ]*(?:[,;|\t:\r\n]|$))", b"", text, flags=re.MULTILINE).count(quote.encode())


def _shown(lines: bytes, mark: bytes) -> str:
    at = lines.find(mark)
    return repr(lines[max(0, at - 10) : at + 12].decode("utf-8", errors="ignore").splitlines()[0])
