"""How a text is cut into a table: delimiter, quotation marks, header line, and where its rows begin."""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparklime_core.data.read_options import DELIMITERS, Decision, ReadOptions
from sparklime_core.errors import DataError

if TYPE_CHECKING:
    import _csv as csv_types

SAMPLE_BYTES = 2**20
"""How much of a file is looked at."""

SAMPLE_RECORDS = 200
MOST_TITLE_LINES = 20
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_NUMBER = re.compile(r"[-+]?[$€£]?(\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?%?$")

Record = list[str]


@dataclass(frozen=True)
class Dialect:
    """How a text is cut.

    Attributes
    ----------
    delimiter
        A space stands for any run of spaces and tabs.
    quote
        The quotation mark, or ``""``.
    names
        What the header says, one entry a column; empty for columns that it does not name.
    start
        Bytes before the first row.
    spaced
        Whether spaces follow the delimiters, before quotation marks.
    decisions
        What was decided, and why.
    """

    delimiter: str
    quote: str
    names: tuple[str, ...]
    start: int
    spaced: bool
    decisions: tuple[Decision, ...]


def find_dialect(text: bytes, options: ReadOptions, header_names: Sequence[str] = ()) -> Dialect:
    """Look at the beginning of a text in UTF-8.

    Parameters
    ----------
    text
        The whole file.
    options
        What the person has decided.
    header_names
        Names that the person has used: a line that holds one of them is a header.

    Raises
    ------
    DataError
        When the text is no table.
    """
    lines = _sample_lines(text)
    quote, quote_decision = _find_quote(lines, options)
    delimiter, delimiter_decision = _find_delimiter(lines, quote, options)
    spaced = delimiter == " " or _is_spaced(lines, delimiter, quote)
    records, ends = _cut(lines, delimiter, quote, spaced)
    width = _usual_width(records)
    first = _skip_titles(records, width)
    is_header, header_decision = _find_header(records[first:], options, header_names)
    names, width_decision = _names(records[first:], is_header, width)
    began = ends[first] if is_header else (ends[first - 1] if first else 0)
    start = sum(len(line.encode("utf-8")) for line in lines[:began])
    decisions = [delimiter_decision, *quote_decision, header_decision, *width_decision]
    if first:
        what = f"{first} line{'s' * (first > 1)} before the table skipped"
        decisions.append(Decision("title", what, "the table begins where the lines have several fields"))
    return Dialect(delimiter, quote, names, start, spaced, tuple(decisions))


def csv_reader(lines: Iterable[str], delimiter: str, quote: str, *, spaced: bool = False) -> "csv_types.Reader":
    """Return Python's own reader over lines: exact about where a record ends, but slow."""
    if delimiter == " ":
        lines = (line.strip(" \t\r\n").replace("\t", " ") for line in lines)
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=spaced)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=spaced)


def _sample_lines(text: bytes) -> list[str]:
    sample = text[:SAMPLE_BYTES].decode("utf-8", errors="ignore")
    lines = _LINE.findall(sample)
    if len(text) > SAMPLE_BYTES and len(lines) < 2:
        raise DataError("The first line is longer than 1 MiB, so this is no table; give a CSV file.")
    if len(text) > SAMPLE_BYTES:
        lines.pop()
    return lines


def _cut(lines: Sequence[str], delimiter: str, quote: str, spaced: bool) -> tuple[list[Record], list[int]]:
    """Return the first records that are not empty, and after how many lines each ends."""
    records: list[Record] = []
    ends: list[int] = []
    reader = csv_reader(lines, delimiter, quote, spaced=spaced)
    try:
        for record in reader:
            if record and (len(record) > 1 or record[0].strip()):
                records.append(record)
                ends.append(reader.line_num)
            if len(records) == SAMPLE_RECORDS:
                break
    except csv.Error:
        pass  # a field beyond csv's limit: what was cut so far has to do
    if not records:
        raise DataError("The file holds no table; give a CSV file with a header line and at least one row.")
    return records, ends


def _usual_width(records: Sequence[Record]) -> int:
    """Return the most common number of fields; of equally common ones the largest."""
    counts = Counter(len(record) for record in records)
    return max(counts, key=lambda width: (counts[width], width))


def _find_quote(lines: Sequence[str], options: ReadOptions) -> tuple[str, list[Decision]]:
    if options.quote is not None:
        return options.quote, [Decision("quote", options.quote or "none", "you chose it")]
    sample = "".join(lines)
    if '"' not in sample:
        quoted = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)")
        count = sum(quoted.search(line) is not None for line in lines)
        if re.fullmatch(r"'[^']*'(?:[,;\t| ]+'[^']*')+\s*", lines[0]):
            return "'", [Decision("quote", "'", "the first line holds names in it")]
        if count > 1 and count >= 0.5 * len(lines):
            return "'", [Decision("quote", "'", f"{count} of the first {len(lines)} lines hold 'text' in it")]
    return '"', []


def _find_delimiter(lines: Sequence[str], quote: str, options: ReadOptions) -> tuple[str, Decision]:
    """Return the first delimiter under which header and rows have the same number of fields."""
    if options.delimiter is not None:
        return options.delimiter, Decision("delimiter", _called(options.delimiter), "you chose it")
    best, best_score, best_width = ",", (0.0, 0), 1
    for delimiter in DELIMITERS:
        try:
            records, _ = _cut(lines, delimiter, quote, spaced=True)
        except DataError:
            continue
        width = _usual_width(records)
        if width < 2:
            continue
        header, *rows = records[_skip_titles(records, width) :]
        share = sum(len(record) == width for record in rows) / len(rows) if rows else float(len(header) == width)
        header_fits = len(header) in (width - 1, width)
        rare = delimiter in ": "
        if (
            header_fits
            and share >= (1.0 if rare else 0.9)
            and (not rare or best_width == 1)
            and len(records) > rare
        ):
            reason = f"{share:.0%} of the first {len(records)} lines have {width} fields"
            return delimiter, Decision("delimiter", _called(delimiter), reason)
        score = (round(share * header_fits, 1), width)
        if not rare and score > best_score:
            best, best_score, best_width = delimiter, score, width
    if best_width == 1:
        return ",", Decision("delimiter", "comma", "no delimiter cuts the lines into several fields")
    reason = f"it cuts most lines into {best_width} fields, though not all"
    return best, Decision("delimiter", _called(best), reason)


def _called(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, delimiter)


def _is_spaced(lines: Sequence[str], delimiter: str, quote: str) -> bool:
    mark = delimiter + " " + quote
    return bool(quote) and sum(mark in line for line in lines) > 0.2 * len(lines)


def _skip_titles(records: Sequence[Record], width: int) -> int:
    """Return how many records before the table are titles or comments."""
    if width < 2:
        return 0
    for position, record in enumerate(records[:MOST_TITLE_LINES]):
        if not _is_title(record, width):
            return position
    return 0


def _is_title(record: Record, width: int) -> bool:
    """Return whether a record has one filled field where rows have more, or is a comment."""
    rest = any(field.strip() for field in record[1:])
    if len(record) == width:
        return not rest and (width > 2 or not record[0].strip())
    return not rest or record[0].lstrip().startswith("#")


def _find_header(
    records: Sequence[Record], options: ReadOptions, header_names: Sequence[str]
) -> tuple[bool, Decision]:
    """Decide whether the first record names the columns."""
    if options.header is not None:
        return options.header, Decision("header", _yes(options.header), "you chose it")
    first, rows = [field.strip() for field in records[0]], records[1:]
    if any(name.strip() in first for name in header_names if name.strip()):
        return True, Decision("header", "yes", "it holds the name of a column that you named")
    if not rows:
        return True, Decision("header", "yes", "it is the only line")
    numbers = [field for field in first if _NUMBER.match(field)]
    if not numbers or _count_up(numbers):
        reason = (
            "the numbers in the first line count years or places" if numbers else "the first line holds no numbers"
        )
        return True, Decision("header", "yes", reason)
    alike = all(
        _looks_alike(first[at], [row[at].strip() for row in rows if at < len(row)]) for at in range(len(first))
    )
    if alike:
        return False, Decision("header", "no", "the first line holds the same kinds of values as the others")
    return True, Decision("header", "yes", "the first line is unlike the others")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _count_up(numbers: Sequence[str]) -> bool:
    """Return whether the numbers of a first line rise by one, as in a header of years."""
    if len(numbers) < 3 or not all(re.fullmatch(r"\d{1,4}", text) for text in numbers):
        return False
    return all(int(right) - int(left) == 1 for left, right in itertools.pairwise(numbers))


def _looks_alike(field: str, values: Sequence[str]) -> bool:
    """Return whether a field is a number where the values are, and none where they are none."""
    filled = [value for value in values if value]
    if not filled or not field:
        return len(filled) < len(values) or not values
    share = sum(_NUMBER.match(value) is not None for value in filled) / len(filled)
    return share > 0.5 if _NUMBER.match(field) else share < 0.5


def _names(records: Sequence[Record], is_header: bool, width: int) -> tuple[tuple[str, ...], list[Decision]]:
    """Return the names of the columns, as written; a column beyond them has the name ``""``."""
    if not is_header:
        return ("",) * max(width, len(records[0])), []
    names = records[0]
    rows = records[1:]
    if not rows or len(names) >= width:
        return tuple(names), []
    if width == len(names) + 1 and any(record[-1].strip() for record in rows if len(record) == width):
        reason = "the rows have one field more than the header, as R writes row names"
        return ("", *names), [Decision("row names", "first column", reason)]
    return (*names, *[""] * (width - len(names))), []
