"""Values of filter fields: ranges, and conditions on one feature."""

import math
from dataclasses import dataclass

MOST_CONDITIONS = 50
"""On values, and on weights: each is a control on the page and a part of the question to DuckDB."""

_LOW_HIGH = "_"
_CODES = "is_"
_MISSING = "missing"


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; None: no limit on that side."""

    low: float | None = None
    high: float | None = None

    def __bool__(self) -> bool:
        """Whether it limits anything."""
        return self.low is not None or self.high is not None

    @classmethod
    def from_text(cls, text: str) -> "Range":
        """Return the range of a link; a side that is not a finite number is no limit."""
        low, _, high = text.partition(_LOW_HIGH)
        return cls(_finite(low), _finite(high))

    def text(self) -> str:
        """Return the range for a link."""
        return _LOW_HIGH.join("" if limit is None else f"{limit:.12g}" for limit in (self.low, self.high))


@dataclass(frozen=True)
class ValueCondition:
    """A condition on the value of a feature.

    Attributes
    ----------
    feature
        Position of the feature.
    within
        For a number: its range. A missing value is outside of every range that limits anything.
    codes
        For a category: the codes that pass; empty: all.
    missing
        Only rows where the value is missing.
    """

    feature: int
    within: Range = Range()
    codes: tuple[int, ...] = ()
    missing: bool = False

    @classmethod
    def from_text(cls, feature: int, text: str) -> "ValueCondition":
        """Return the condition of a link."""
        if text == _MISSING:
            return cls(feature, missing=True)
        if text.startswith(_CODES):
            codes = [whole_number(code) for code in text.removeprefix(_CODES).split(_LOW_HIGH)]
            return cls(feature, codes=tuple(dict.fromkeys(code for code in codes if code is not None)))
        return cls(feature, Range.from_text(text))

    def text(self) -> str:
        """Return the condition for a link."""
        if self.missing:
            return _MISSING
        return _CODES + _LOW_HIGH.join(map(str, self.codes)) if self.codes else self.within.text()


@dataclass(frozen=True)
class WeightCondition:
    """Only rows whose explanation names a feature (by its position), with a weight in a range."""

    feature: int
    within: Range = Range()

    @classmethod
    def from_text(cls, feature: int, text: str) -> "WeightCondition":
        """Return the condition of a link."""
        return cls(feature, Range.from_text(text))

    def text(self) -> str:
        """Return the condition for a link."""
        return self.within.text()


def whole_number(text: str) -> int | None:
    """Return a whole number from 0 up with at most nine digits; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def position(text: str, prefix: str, count: int) -> int | None:
    """Return the number after a prefix where it is below `count`; None for any other text."""
    number = whole_number(text.removeprefix(prefix)) if text.startswith(prefix) else None
    return number if number is not None and number < count else None


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
