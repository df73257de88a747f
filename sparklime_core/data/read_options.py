"""How a table is read: what a person chooses, what is decided instead, and what is kept to read new rows alike."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sparklime_core.setting import Settings, setting
from sparklime_core.setting_kinds import Kind, Text, Texts, YesNo

DELIMITERS = {"\t": "tab", "|": "bar", ";": "semicolon", ",": "comma", ":": "colon", " ": "spaces"}
"""Delimiters that are looked for, and how they are called; a space stands for any run of spaces and tabs."""

_WORDS = ("n/a", "#n/a", "n.a.", "<na>", "null", "missing", "#null!", "#value!", "#div/0!", "#ref!", "\\n")
MISSING_WORDS = (
    *dict.fromkeys(case(word) for word in _WORDS for case in (str, str.upper, str.title)),
    *("NA", "na", "NaN", "nan", "NAN", "NaT", "-", "--", "?", "."),
)
"""What people write where there is no value; an empty cell is always missing."""

NO_NUMBERS = ("none", "None", "NONE", "nil", "Nil", "NIL")
"""Words that mean the same among numbers and dates, but are categories like any other among texts."""

ColumnKind = Literal["number", "boolean", "date", "text", "empty"]

_ESCAPES = {"": "none", "\\": "backslash"}

ANY = "any"
GROUPINGS = ("", "mark", "space", "apostrophe", "lakh")
"""How thousands are grouped: not at all, by the mark that is not the decimal one, by a space, by an apostrophe, or
by the other mark as in India (12,34,567)."""


def _is_text_codec(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _is_mark(delimiter: str) -> bool:
    return len(delimiter) == 1 and delimiter.isascii() and delimiter not in "\r\n\"'\0"


def _is_escape(text: str) -> bool:
    return not text or _is_mark(text)


def _option(kind: Kind, **about: str) -> Any:
    """Return a setting that is found out where a person leaves it open."""
    return setting(kind, None, unset="detect", **about)


@dataclass(frozen=True)
class ReadOptions(Settings):
    """How a file is to be read; None: find out.

    Attributes
    ----------
    encoding
        A codec that Python knows, like ``"utf-8"`` or ``"shift_jis"``.
    delimiter
        One of `DELIMITERS`, or any other single character.
    quote
        ``'"'``, ``"'"``, or ``""`` for a file whose quotation marks are ordinary characters.
    escape
        The character before a quotation mark that is part of a text, like a backslash, or ``""`` where such marks
        are doubled.
    header
        Whether the first line names the columns.
    decimal
        ``"."`` or ``","``: the decimal mark; the other one then separates thousands.
    day_first
        Whether 03/04/2020 is the third of April.
    missing_words
        Words that mean "no value", instead of `MISSING_WORDS`.
    member
        Which file of a zip archive.

    Raises
    ------
    SettingsError
        When a value is none of these.
    """

    encoding: str | None = _option(
        Text(_is_text_codec, "There is no encoding {value!r}; utf-8, cp1252 and utf-16 are common ones."),
        flag="encoding",
        label="Encoding",
        help="utf-8, cp1252, utf-16 and others.",
    )
    delimiter: str | None = _option(
        Text(_is_mark, "The delimiter must be one character, not {value!r}.", {"\t": "tab", " ": "space"}),
        flag="delimiter",
        label="Delimiter",
        help="One character, or tab, or space (any run of them).",
    )
    quote: str | None = _option(
        Text(
            ("", '"', "'").__contains__,
            "The quotation mark must be \", ' or nothing, not {value!r}.",
            {"": "none"},
        ),
        flag="quote",
        label="Quotation mark",
        help="The quotation mark, or none.",
    )
    header: bool | None = _option(
        YesNo(),
        flag="header",
        label="The first line",
        help="Whether the first line names the columns.",
        metavar="yes|no",
    )
    decimal: str | None = _option(
        Text((".", ",").__contains__, "The decimal mark must be . or , and not {value!r}."),
        flag="decimal",
        label="Decimal mark",
        help="The decimal mark: a point or a comma.",
    )
    day_first: bool | None = _option(
        YesNo(), flag="day-first", label="Dates", help="Whether 03/04/2020 is in April.", metavar="yes|no"
    )
    missing_words: tuple[str, ...] | None = _option(
        Texts("Words for missing values"),
        flag="missing",
        label="No value",
        help="The words that mean: no value.",
        metavar="A,B",
    )
    member: str | None = _option(
        Text(), flag="member", label="File in a zip archive", help="Which file of a zip archive.", metavar="FILE"
    )
    escape: str | None = _option(
        Text(_is_escape, "The escape before a quotation mark must be one character, not {value!r}.", _ESCAPES),
        flag="escape",
        label="Quotation marks in texts",
        help="Before a quotation mark in a text: backslash, none, or one sign.",
    )

    def over(self, other: "ReadOptions") -> "ReadOptions":
        """Return these options, and another's where these leave something open."""
        return replace(other, **self.keywords())


@dataclass(frozen=True)
class Decision:
    """One thing that was decided about a file.

    Attributes
    ----------
    what
        ``"encoding"``, ``"delimiter"``, ``"header"`` and so on: the name of the option that overrules it, or of
        what cannot be overruled.
    value
        What was decided, for people.
    reason
        Why.
    """

    what: str
    value: str
    reason: str


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written.

    Attributes
    ----------
    mark
        The decimal mark, ``"."`` or ``","``.
    thousands
        One of `GROUPINGS`, or `ANY` of them.
    """

    mark: str
    thousands: str = ""


@dataclass(frozen=True)
class ColumnFormat:
    """How the values of a column are written.

    Attributes
    ----------
    kind
        What they are taken for.
    notation
        That of numbers in texts.
    day_first
        Whether the day is first where a date is three numbers; None where the table has no such dates.
    zone
        The time zone of all times; None where they are as written, or have none.
    """

    kind: ColumnKind
    notation: Notation | None = None
    day_first: bool | None = None
    zone: str | None = None


@dataclass(frozen=True)
class TableFormat:
    """How a table is read.

    Attributes
    ----------
    options
        What was chosen or found out about the file; None for what the file does not have.
    columns
        How the values of each column are written.
    width
        How many columns the file has.
    """

    options: ReadOptions
    columns: dict[str, ColumnFormat] = field(default_factory=dict)
    width: int = 0

    def column(self, name: str, kind: ColumnKind, options: ReadOptions) -> ColumnFormat:
        """Return how a column of another table is written: as this one's, or as is chosen now.

        A column of which nothing is known has decimal points, and dates with the month first.
        """
        known = self.columns.get(name, ColumnFormat(kind, day_first=False))
        notation = known.notation or Notation(self.options.decimal or ".", ANY)
        notation = notation if options.decimal is None else Notation(options.decimal, ANY)
        return ColumnFormat(
            kind, notation, known.day_first if options.day_first is None else options.day_first, known.zone
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TableFormat":
        """Return a format from what ``dataclasses.asdict`` gave, through JSON or not."""
        columns = {}
        for name, entry in values["columns"].items():
            notation = entry["notation"]
            columns[name] = ColumnFormat(
                **{**entry, "notation": None if notation is None else Notation(**notation)}
            )
        return cls(ReadOptions(**values["options"]), columns, values["width"])
