"""How a text is cut into a table: its delimiter, its quotation marks, and where its rows begin."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparklime_core.data.csv_header import CHOSEN, ROW_NAMES, Record, column_names, find_header, skip_titles
from sparklime_core.data.read_options import DELIMITERS, Decision, ReadOptions
from sparklime_core.errors import DataError

if TYPE_CHECKING:
    import _csv as csv_types

SAMPLE_BYTES = 2**20
"""How much of a file is looked at."""

SAMPLE_RECORDS = 200
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


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
    has_header
        Whether the first line names the columns.
    has_row_names
        Whether the first column holds names of rows, and the header has no name for it.
    """

    delimiter: str
    quote: str
    names: tuple[str, ...]
    start: int
    spaced: bool
    decisions: tuple[Decision, ...]
    has_header: bool = True
    has_row_names: bool = False


def find_dialect(
    text: bytes, options: ReadOptions, header_names: Sequence[str] = (), like: ReadOptions | None = None
) -> Dialect:
    """Look at the beginning of a text in UTF-8.

    Parameters
    ----------
    text
        The whole file.
    options
        What the person has decided.
    header_names
        Names that the person has used: a line that holds one of them is a header.
    like
        How another table is cut, which this one should be like.

    Raises
    ------
    DataError
        When the text is no table.
    """
    lines = _sample_lines(text)
    usual = like or ReadOptions()
    options, chosen = replace(options.over(usual), delimiter=options.delimiter), options
    quote, quote_decision = _find_quote(lines, options)
    delimiter, delimiter_decision = _find_delimiter(lines, quote, options, usual.delimiter, header_names)
    spaced = delimiter == " " or _is_spaced(lines, delimiter, quote)
    records, ends = _cut(lines, delimiter, quote, spaced)
    width = _usual_width(records)
    first = skip_titles(records, width)
    is_header, header_decision = find_header(records[first:], options, header_names)
    names, width_decision = column_names(records[first:], is_header, width)
    began = ends[first] if is_header else (ends[first - 1] if first else 0)
    start = sum(len(line.encode("utf-8")) for line in lines[:began])
    decisions = [delimiter_decision, *quote_decision, header_decision, *width_decision]
    decisions = [_attributed(decision, chosen, usual) for decision in decisions]
    if first:
        what = f"{first} line{'s' * (first > 1)} before the table skipped"
        decisions.append(Decision("title", what, "the table begins where the lines have several fields"))
    has_row_names = any(decision.what == ROW_NAMES for decision in decisions)
    return Dialect(delimiter, quote, names, start, spaced, tuple(decisions), is_header, has_row_names)


def find_quote(text: bytes, options: ReadOptions) -> str:
    """Return the quotation mark of a text in UTF-8, or ``""``."""
    return options.quote if options.quote is not None else _find_quote(_sample_lines(text), options)[0]


def _attributed(decision: Decision, chosen: ReadOptions, usual: ReadOptions) -> Decision:
    """Return a decision with its true reason, where another table has settled it."""
    settled = getattr(usual, decision.what, None) is not None and getattr(chosen, decision.what, None) is None
    if settled and decision.reason == CHOSEN:
        return replace(decision, reason="as in the model's table")
    return decision


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
        return options.quote, [Decision("quote", options.quote or "none", CHOSEN)]
    sample = "".join(lines)
    if '"' not in sample:
        quoted = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)")
        count = sum(quoted.search(line) is not None for line in lines)
        if re.fullmatch(r"'[^']*'(?:[,;\t| ]+'[^']*')+\s*", lines[0]):
            return "'", [Decision("quote", "'", "the first line holds names in it")]
        if count > 1 and count >= 0.5 * len(lines):
            return "'", [Decision("quote", "'", f"{count} of the first {len(lines)} lines hold 'text' in it")]
    return '"', []


def _find_delimiter(
    lines: Sequence[str], quote: str, options: ReadOptions, usual: str | None, header_names: Sequence[str]
) -> tuple[str, Decision]:
    """Return the delimiter of another table where it cuts this one as well, or the one that does."""
    if options.delimiter is not None:
        return options.delimiter, Decision("delimiter", _called(options.delimiter), CHOSEN)
    if lines[0].strip() in [name.strip() for name in header_names]:
        return usual or ",", Decision(
            "delimiter", _called(usual or ","), "the first line is the name of one column"
        )
    if usual is None:
        return _detect_delimiter(lines, quote)
    if _cuts(lines, quote, usual, header_names, has_header=bool(options.header)):
        return usual, Decision("delimiter", _called(usual), "as in the model's table")
    found, decision = _detect_delimiter(lines, quote)
    unlike = f"{decision.reason}; the model's table has {_called(usual)}, which does not cut this one"
    return found, replace(decision, reason=unlike) if found != usual else decision


def _cuts(
    lines: Sequence[str], quote: str, delimiter: str, header_names: Sequence[str], *, has_header: bool
) -> bool:
    """Return whether a delimiter cuts lines into a header with a known name, or into several fields."""
    try:
        records, _ = _cut(lines, delimiter, quote, spaced=True)
    except DataError:
        return False
    width = _usual_width(records)
    first = [field.strip() for field in records[skip_titles(records, width)]]
    known = {name.strip() for name in header_names}
    return bool(known.intersection(first)) if has_header else width > 1


def _detect_delimiter(lines: Sequence[str], quote: str) -> tuple[str, Decision]:
    """Return the first delimiter under which header and rows have the same number of fields."""
    best, best_score, best_width = ",", (0.0, 0), 1
    for delimiter in DELIMITERS:
        try:
            records, _ = _cut(lines, delimiter, quote, spaced=True)
        except DataError:
            continue
        width = _usual_width(records)
        if width < 2:
            continue
        header, *rows = records[skip_titles(records, width) :]
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
