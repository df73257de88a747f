"""What stands before the rows of a text: titles, and the header that names the columns."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from sparklime_core.data.read_options import Decision, ReadOptions

MOST_TITLE_LINES = 20
CHOSEN = "you chose it"
ROW_NAMES = "row names"
_NUMBER = re.compile(r"[-+]?[$€£]?(\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?%?$")

Record = list[str]


def skip_titles(records: Sequence[Record], width: int) -> int:
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


def find_header(
    records: Sequence[Record], options: ReadOptions, header_names: Sequence[str]
) -> tuple[bool, Decision]:
    """Decide whether the first record names the columns."""
    if options.header is not None:
        return options.header, Decision("header", _yes(options.header), CHOSEN)
    first, rows = [field.strip() for field in records[0]], records[1:]
    if any(name.strip() in first for name in header_names if name.strip()):
        return True, Decision("header", "yes", "it holds the name of a column that you named")
    if not rows:
        return True, Decision("header", "yes", "it is the only line")
    numbers = [field for field in first if _NUMBER.match(field)]
    columns = [[row[at].strip() for row in rows if at < len(row)] for at in range(len(first))]
    why = _names_of_numbers(first, columns) if numbers else "the first line holds no numbers"
    if why:
        return True, Decision("header", "yes", why)
    if all(_looks_alike(field, values) for field, values in zip(first, columns, strict=True)):
        return False, Decision("header", "no", "the first line holds the same kinds of values as the others")
    return True, Decision("header", "yes", "the first line is unlike the others")


def _names_of_numbers(first: Sequence[str], columns: Sequence[Sequence[str]]) -> str | None:
    """Return why a first line with numbers names the columns, like one of years or wavelengths; None if not."""
    numbers = [field for field in first if _NUMBER.match(field)]
    if _count_up(numbers):
        return "the numbers in the first line count years or places"
    if any(_is_stranger(field, values) for field, values in zip(first, columns, strict=True)):
        return "a word in the first line is none of those that its column repeats"
    pairs = [(field, values) for field, values in zip(first, columns, strict=True) if _NUMBER.match(field)]
    if len(pairs) > 1 and len(set(numbers)) == len(numbers) and all(_is_outside(*pair) for pair in pairs):
        return "the numbers in the first line differ, and are beyond all those below them"
    return None


def _is_stranger(field: str, values: Sequence[str]) -> bool:
    """Return whether a word is above a few words, each of them in several rows, of which it is none."""
    counts = Counter(value for value in values if value)
    if not field or _NUMBER.match(field) or field in counts or len(counts) < 2:
        return False
    words = [value for value in counts if not _NUMBER.match(value)]
    return len(words) == len(counts) and min(counts.values()) > 1 and counts.total() >= 5 * len(counts)


def _is_outside(field: str, values: Sequence[str]) -> bool:
    """Return whether a number is beyond all the numbers of at least ten rows below it."""
    try:
        found = [float(value) for value in values if value]
        return len(found) >= 10 and not min(found) <= float(field) <= max(found)
    except ValueError:
        return False


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


def column_names(records: Sequence[Record], is_header: bool, width: int) -> tuple[tuple[str, ...], list[Decision]]:
    """Return the names of the columns, as written; a column beyond them has the name ``""``."""
    if not is_header:
        return ("",) * max(width, len(records[0])), []
    names = records[0]
    rows = records[1:]
    if not rows or len(names) >= width:
        return tuple(names), []
    if width == len(names) + 1 and any(record[-1].strip() for record in rows if len(record) == width):
        reason = "the rows have one field more than the header, as R writes row names"
        return ("", *names), [Decision(ROW_NAMES, "first column", reason)]
    return (*names, *[""] * (width - len(names))), []
