"""`RowFilter`: which explained rows to list, in what order; and the text of it that a link carries."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal, get_args
from urllib.parse import quote, unquote

from sparklime_core.errors import SettingsError

Outcome = Literal["all", "right", "wrong", "failed"]
Order = Literal["row", "probability", "fit", "score", "error", "weight", "stability"]

_TERMS = "~"
_LOW_HIGH = "_"
_CODES = "is_"
_MISSING = "missing"

MOST_CONDITIONS = 50
"""On values, and on weights: each is a control on the page and a part of the question to DuckDB."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; None: no limit on that side."""

    low: float | None = None
    high: float | None = None

    def __bool__(self) -> bool:
        """Whether it limits anything."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True)
class ValueCondition:
    """A condition on the value of a feature, all of which a row must meet.

    Attributes
    ----------
    feature
        Position of the feature.
    within
        For a number: its range. A gap lies in no range that limits anything.
    codes
        For a category: the codes that are let through; empty: all.
    missing
        Only rows where the value is missing.
    """

    feature: int
    within: Range = Range()
    codes: tuple[int, ...] = ()
    missing: bool = False


@dataclass(frozen=True)
class WeightCondition:
    """Only rows whose explanation names a feature (by its position), with a weight in a range."""

    feature: int
    within: Range = Range()


@dataclass(frozen=True)
class RowFilter:
    """Which explained rows to list, and in what order.

    Attributes
    ----------
    outcome
        ``"right"`` or ``"wrong"`` predictions (classification), rows that ``"failed"``, or ``"all"``.
    label, truth
        Only rows of this predicted class; of this true class.
    test_only
        Only rows that the model has not seen.
    prediction
        Range of the predicted class's probability, or of the predicted value.
    error
        Range of the model's error: 1 - probability of the true class where that is known, or
        \\|prediction - target\\|.
    fit
        Range of the explanation's fit: its profile score, or the local R² where there are no profiles.
    score
        Range of the local R².
    stability
        Range of the explanation's stability, for rows where it was measured.
    values, weights
        Conditions on values and on weights of features.
    top_feature
        Only rows whose strongest reason is about this feature (by its name).
    executor
        Only rows that this executor explained.
    error_text
        Only rows that could not be explained, with this in the reason, in any case.
    order, descending
        What to sort by: row, probability (or predicted value), fit, local R², error, stability or weight.
    order_feature
        The feature (by its position) whose weight is sorted by; None: the strongest reason's \\|weight\\|.

    Raises
    ------
    SettingsError
        When there are more than `MOST_CONDITIONS` conditions on values, or on weights.
    """

    outcome: Outcome = "all"
    label: int | None = None
    truth: int | None = None
    test_only: bool = False
    prediction: Range = Range()
    error: Range = Range()
    fit: Range = Range()
    score: Range = Range()
    stability: Range = Range()
    values: tuple[ValueCondition, ...] = ()
    weights: tuple[WeightCondition, ...] = ()
    top_feature: str | None = None
    executor: str | None = None
    error_text: str | None = None
    order: Order = "row"
    descending: bool = False
    order_feature: int | None = None

    def __post_init__(self) -> None:
        for name, conditions in (("values", self.values), ("weights", self.weights)):
            if len(conditions) > MOST_CONDITIONS:
                raise SettingsError(
                    f"A filter can have {MOST_CONDITIONS} conditions on {name}, not {len(conditions):,}; "
                    "take some of them away."
                )


RANGES = ("prediction", "error", "fit", "score", "stability")
_ORDERING = ("order", "descending", "order_feature")
_NUMBERS = ("label", "truth")
_TEXTS = ("top_feature", "executor", "error_text")


def filter_text(wanted: RowFilter) -> str:
    """Return a filter as a short text of letters, digits and ``-._~``, for a link; empty for the usual one."""
    return _TERMS.join(f"{name}.{value}" for name, value in _terms(wanted))


def read_filter(text: str, features: int, classes: int) -> RowFilter:
    """Return the filter of a text; whatever in it this run does not know is left out.

    Of two terms about one thing the last one holds.

    Parameters
    ----------
    text
        From `filter_text`, or whatever else somebody has put into a link.
    features, classes
        How many features and classes (0 in regression) the run has.

    Raises
    ------
    SettingsError
        When there are too many conditions.
    """
    found: dict[str, object] = {}
    values: dict[int, ValueCondition] = {}
    weights: dict[int, WeightCondition] = {}
    for term in text.split(_TERMS):
        name, _, value = term.partition(".")
        feature = _position(name, "value", features)
        weighed = _position(name, "weight", features)
        if feature is not None:
            values[feature] = _read_value(feature, value)
        elif weighed is not None:
            weights[weighed] = WeightCondition(weighed, _read_range(value))
        elif name == "sort":
            found.update(_read_order(value, features))
        else:
            found.update(_read_term(name, value, classes))
    return RowFilter(values=tuple(values.values()), weights=tuple(weights.values()), **found)  # type: ignore[arg-type]


def without_order(wanted: RowFilter) -> dict[str, object]:
    """Return what a filter limits, by the names of its attributes: the order aside."""
    usual = RowFilter()
    names = [field.name for field in fields(RowFilter) if field.name not in _ORDERING]
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(usual, name)}


def _terms(wanted: RowFilter) -> Iterator[tuple[str, str]]:
    for name, value in without_order(wanted).items():
        if name == "test_only":
            yield "rows", "test"
        elif name not in ("values", "weights"):
            yield name, _range_text(value) if isinstance(value, Range) else _quoted(str(value))
    for condition in wanted.values:
        yield f"value{condition.feature}", _value_text(condition)
    for weight in wanted.weights:
        yield f"weight{weight.feature}", _range_text(weight.within)
    if (wanted.order, wanted.descending) != ("row", False):
        feature = "" if wanted.order_feature is None else str(wanted.order_feature)
        yield "sort", f"{'-' if wanted.descending else ''}{wanted.order}{feature}"


def _quoted(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E").replace(".", "%2E")


def _value_text(condition: ValueCondition) -> str:
    if condition.missing:
        return _MISSING
    if condition.codes:
        return _CODES + _LOW_HIGH.join(map(str, condition.codes))
    return _range_text(condition.within)


def _range_text(within: Range) -> str:
    return _LOW_HIGH.join("" if limit is None else f"{limit:.12g}" for limit in (within.low, within.high))


def _read_value(feature: int, text: str) -> ValueCondition:
    if text == _MISSING:
        return ValueCondition(feature, missing=True)
    if text.startswith(_CODES):
        codes = [_whole(code) for code in text.removeprefix(_CODES).split(_LOW_HIGH)]
        return ValueCondition(feature, codes=tuple(dict.fromkeys(code for code in codes if code is not None)))
    return ValueCondition(feature, _read_range(text))


def _read_range(text: str) -> Range:
    low, _, high = text.partition(_LOW_HIGH)
    return Range(_number(low), _number(high))


def _read_order(text: str, features: int) -> dict[str, object]:
    name = text.removeprefix("-")
    for order in get_args(Order):
        feature = _position(name, order, features) if order == "weight" else None
        if name == order or feature is not None:
            return {"order": order, "descending": text.startswith("-"), "order_feature": feature}
    return {}


def _read_term(name: str, value: str, classes: int) -> dict[str, object]:
    if name in RANGES:
        return {name: _read_range(value)}
    if name in _TEXTS and value:
        return {name: unquote(value)}
    if name in _NUMBERS:
        number = _whole(value)
        return {name: number} if number is not None and number < classes else {}
    if name == "outcome" and value in get_args(Outcome):
        return {name: value if classes or value == "failed" else "all"}
    return {"test_only": True} if (name, value) == ("rows", "test") else {}


def _position(text: str, prefix: str, features: int) -> int | None:
    if not text.startswith(prefix):
        return None
    position = _whole(text.removeprefix(prefix))
    return position if position is not None and position < features else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
