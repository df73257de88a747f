"""`read_csv`: a CSV file to a `Dataset`, or one sentence that says why not."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.encoding import encode_table
from sparklime_core.errors import DataError

DELIMITERS = ",;\t|"
Source = str | PathLike[str] | bytes | IO[bytes]


def read_csv(
    source: Source,
    target: str,
    *,
    name: str | None = None,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    task: str = "auto",
) -> Dataset:
    """Read a CSV file with a header line, and encode it.

    Parameters
    ----------
    source
        A path, the file's bytes, or an open binary file.
    target
        The column to predict: classes (text, booleans, or at most 20 different whole numbers), or numbers.
    name
        What to call the table; the file's name if there is one.
    categorical
        Columns whose values are categories, text or not. A column of text must be named here or in `drop`.
    drop
        Columns to leave out.
    task
        ``"classification"`` or ``"regression"`` to overrule what the target's values suggest.

    Raises
    ------
    DataError
        With one sentence: what is wrong, in which column and row, and what to do.
    """
    table = read_table(source)
    return encode_table(
        table, target, name=name or _name_of(source), categorical=categorical, drop=drop, task=task
    )


def read_table(source: Source) -> pa.Table:
    """Read a CSV file with a header line into Arrow, with types as pyarrow infers them.

    Raises
    ------
    DataError
        When there is no such file, or it is empty, or is not a table of text in UTF-8.
    """
    content = _content(source)
    if not content.strip():
        raise DataError("The file is empty; give a CSV file with a header line and at least one row.")
    try:
        text_start = content[:65536].decode("utf-8-sig", errors="strict" if len(content) <= 65536 else "ignore")
    except UnicodeDecodeError:
        raise DataError("The file is not text in UTF-8; save it as a CSV file in UTF-8.") from None
    if "\0" in text_start:
        raise DataError("The file is not text but binary data; give a CSV file.")
    delimiter = _delimiter(text_start)
    try:
        table = pa.csv.read_csv(
            io.BytesIO(content),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter),
            convert_options=pa.csv.ConvertOptions(strings_can_be_null=True),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"The file is not a well-formed CSV table: {_first_line(error)}.") from error
    _check_header(table.column_names)
    if table.num_rows == 0:
        raise DataError("The file has a header line but no rows; give at least two rows.")
    return table


def _content(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, (str, PathLike)):
        try:
            return Path(source).read_bytes()
        except FileNotFoundError:
            raise DataError(f"There is no file {str(source)!r}.") from None
        except IsADirectoryError:
            raise DataError(f"{str(source)!r} is a folder; give a CSV file.") from None
        except OSError as error:
            raise DataError(f"The file {str(source)!r} cannot be read: {error.strerror}.") from error
    return source.read()


def _name_of(source: Source) -> str:
    path = source if isinstance(source, (str, PathLike)) else getattr(source, "name", "table")
    return Path(str(path)).stem or "table"


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of fields, the most of them."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    best, most = ",", 1
    for delimiter in DELIMITERS:
        counts = Counter(len(fields) for fields in csv.reader(lines, delimiter=delimiter))
        fields, _ = counts.most_common(1)[0]
        if fields > most:
            best, most = delimiter, fields
    return best


def _check_header(names: Sequence[str]) -> None:
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise DataError(f"Column {position} has no name; give every column a name in the header line.")
    for name, times in Counter(names).items():
        if times > 1:
            raise DataError(f"The header names {name!r} {times} times; give every column a name of its own.")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
