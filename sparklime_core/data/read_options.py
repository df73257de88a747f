"""What a person may overrule about reading a file, and what was decided instead."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparklime_core.arguments import flag, texts
from sparklime_core.errors import SettingsError

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


@dataclass(frozen=True)
class ReadOptions:
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

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    decimal: str | None = None
    day_first: bool | None = None
    missing_words: tuple[str, ...] | None = None
    member: str | None = None
    escape: str | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ReadOptions":
        """Return options from what ``dataclasses.asdict`` gave, through JSON or not; older ones have fewer."""
        words = values["missing_words"]
        return cls(**{**values, "missing_words": None if words is None else tuple(words)})

    def over(self, other: "ReadOptions") -> "ReadOptions":
        """Return these options, and another's where these leave something open."""
        chosen = {name: value for name, value in vars(self).items() if value is not None}
        return replace(other, **chosen)

    def __post_init__(self) -> None:
        for name in ("encoding", "delimiter", "quote", "decimal", "member", "escape"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise SettingsError(f"{name} must be a text, not {value!r}.")
        for name in ("header", "day_first"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, flag(name, getattr(self, name)))
        if self.missing_words is not None:
            object.__setattr__(self, "missing_words", texts("missing_words", self.missing_words))
        self._check_marks()

    def _check_marks(self) -> None:
        if self.encoding is not None and not _is_text_codec(self.encoding):
            raise SettingsError(
                f"There is no encoding {self.encoding!r}; utf-8, cp1252 and utf-16 are common ones."
            )
        if self.delimiter is not None and not _is_mark(self.delimiter):
            raise SettingsError(f"The delimiter must be one character, not {self.delimiter!r}.")
        if self.quote not in (None, "", '"', "'"):
            raise SettingsError(f"The quotation mark must be \", ' or nothing, not {self.quote!r}.")
        if self.escape and not _is_mark(self.escape):
            raise SettingsError(f"The escape before a quotation mark must be one character, not {self.escape!r}.")
        if self.decimal not in (None, ".", ","):
            raise SettingsError(f"The decimal mark must be . or , and not {self.decimal!r}.")


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


def _is_text_codec(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _is_mark(delimiter: str) -> bool:
    return len(delimiter) == 1 and delimiter.isascii() and delimiter not in "\r\n\"'\0"
