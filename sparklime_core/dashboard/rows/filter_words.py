"""A filter in words: one short text for each thing that it limits, with the filter that remains without it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sparklime_core.dashboard.shared.text import number
from sparklime_core.data.feature_encoding import MISSING, Feature
from sparklime_core.runs.row_filter import RANGES, Range, RowFilter, ValueCondition, without_order

_TEXTS = {
    "test_only": "test rows",
    "top_feature": "strongest reason: {}",
    "executor": "executor {}",
    "error_text": "not explained: {}",
}
OUTCOMES = {"right": "right", "wrong": "wrong", "failed": "not explained"}


@dataclass(frozen=True)
class Limit:
    """One thing that a filter limits.

    Attributes
    ----------
    text
        In words; it may hold names from the table.
    without
        The filter without it.
    """

    text: str
    without: RowFilter


def limits_of(wanted: RowFilter, features: tuple[Feature, ...], classes: tuple[str, ...] | None) -> list[Limit]:
    """Return everything that a filter limits."""
    return [
        *_single(wanted, classes),
        *(
            Limit(
                value_words(condition, features[condition.feature]),
                replace(wanted, values=tuple(other for other in wanted.values if other != condition)),
            )
            for condition in wanted.values
        ),
        *(
            Limit(
                f"weight of {features[condition.feature].name}{_of_range(condition.within, ' is there')}",
                replace(wanted, weights=tuple(other for other in wanted.weights if other != condition)),
            )
            for condition in wanted.weights
        ),
    ]


def value_words(condition: ValueCondition, feature: Feature) -> str:
    """Say which values of a feature are let through."""
    if condition.missing:
        return f"{feature.name} is {MISSING}"
    if condition.codes:
        names = feature.categories or ()
        return f"{feature.name} = {' or '.join(names[code] for code in condition.codes if code < len(names))}"
    return f"{feature.name}{_of_range(condition.within, ': any')}"


def _single(wanted: RowFilter, classes: tuple[str, ...] | None) -> Iterator[Limit]:
    usual = RowFilter()
    what = _range_names(classes)
    for name, value in without_order(wanted).items():
        text = f"{what[name]}{_of_range(value)}" if name in RANGES else _words(name, value, classes)  # type: ignore[arg-type]
        if text is not None:
            yield Limit(text, replace(wanted, **{name: getattr(usual, name)}))


def _range_names(classes: tuple[str, ...] | None) -> dict[str, str]:
    predicted = "predicted value" if classes is None else "probability"
    return {"prediction": predicted, "error": "error", "fit": "fit", "score": "local R²", "stability": "stability"}


def _words(name: str, value: Any, classes: tuple[str, ...] | None) -> str | None:
    if name == "outcome":
        return OUTCOMES[value]
    if name in ("label", "truth"):
        return f"{'predicted' if name == 'label' else 'truly'} {(classes or ())[value]}"
    return _TEXTS[name].format(value) if name in _TEXTS else None


def _of_range(within: Range, unlimited: str = "") -> str:
    if within.low is None and within.high is None:
        return unlimited
    if within.low is None:
        return f" ≤ {number(within.high or 0.0)}"
    if within.high is None:
        return f" ≥ {number(within.low)}"
    return f" {number(within.low)} to {number(within.high)}"
