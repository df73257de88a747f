"""What a manifest must hold for the code that reads it; what else it holds is left as it is."""

import functools
import types
import typing
from typing import Any, NotRequired, TypedDict, get_args, get_origin, is_typeddict


class ExplainShape(TypedDict):
    """Settings of the explanations."""

    engine: str
    labels: str | list[int]
    num_features: int
    num_samples: int
    seed: int
    profiles: NotRequired[bool]


class ExplainerShape(TypedDict):
    """Settings of lime's explainer."""

    discretizer: str | None
    kernel_width: float | None


class ColumnShape(TypedDict):
    """What became of a column."""

    name: str
    role: str
    reason: str
    missing: int
    distinct: int
    features: list[str]
    notes: list[str]


class DecisionShape(TypedDict):
    """What was decided about a file."""

    what: str
    value: str
    reason: str


class OriginShape(TypedDict):
    """A file, and what was chosen about it."""

    file: str
    sha256: str
    options: dict[str, Any]
    target: str | None
    task: str
    roles: dict[str, str]


class ReportShape(TypedDict):
    """What was read, and what was done to it."""

    rows: int
    columns: list[ColumnShape]
    decisions: list[DecisionShape]
    origin: NotRequired[OriginShape | None]


class DataShape(TypedDict):
    """The table."""

    name: str
    rows: int
    features: list[str]
    target: str
    class_names: list[str] | None
    report: ReportShape
    training_report: NotRequired[ReportShape | None]


class ModelShape(TypedDict):
    """The model."""

    type: str
    metrics: dict[str, float | list[list[int]]]
    notes: NotRequired[list[str]]
    trained_elsewhere: NotRequired[bool]


class ExecutorShape(TypedDict):
    """An executor."""

    id: str
    host: str


def misfit(value: Any, kind: Any, place: str = "") -> str | None:
    """Return what is wrong with a value of JSON for a type, and where; None where it fits.

    Parameters
    ----------
    value
        What was read.
    kind
        A `TypedDict`, ``list`` or ``dict`` of such, a union of such, or a plain type. Whole numbers are floats,
        too; yes and no are no numbers.
    place
        The value's own place, like ``data.rows``.
    """
    origin = get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        found = [misfit(value, one, place) for one in get_args(kind)]
        return None if None in found else found[0]
    if is_typeddict(kind):
        return _misfit_of_fields(value, kind, place)
    if not _is_a(value, origin or kind):
        return f"{place} is not {_WORDS[origin or kind]}"
    entries = enumerate(value) if origin is list else value.items() if origin is dict else ()
    return _first(misfit(entry, get_args(kind)[-1], f"{place}.{name}") for name, entry in entries)


def _misfit_of_fields(value: Any, kind: Any, place: str) -> str | None:
    if not isinstance(value, dict):
        return f"{place} is not an object"
    start = f"{place}." if place else ""
    missing = sorted(kind.__required_keys__ - value.keys())
    if missing:
        return f"{start}{missing[0]} is missing"
    fields = _fields(kind).items()
    return _first(misfit(value[name], of, f"{start}{name}") for name, of in fields if name in value)


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _first(found: typing.Iterable[str | None]) -> str | None:
    return next((entry for entry in found if entry is not None), None)


def _is_a(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
