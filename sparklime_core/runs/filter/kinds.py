"""Kinds of filter fields. A kind knows its default, its link, its SQL, its words and the labels of its control.

SQL is made of DuckDB's expressions: they quote names and texts, and print numbers to the last bit. A condition on
another table is an `SQLExpression`, since expressions have no subqueries.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, unquote

from duckdb import ColumnExpression, ConstantExpression, Expression, FunctionExpression, SQLExpression

from sparklime_core.data.feature_encoding import MISSING, Feature
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition, position, whole_number
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan
from sparklime_core.wording import number

Classes: TypeAlias = tuple[str, ...] | None
Features: TypeAlias = Sequence[Feature]

EXPLAINED_BY = "explained_by"
"""The view of the executor of each row (`sparklime_core.runs.query.results.query`)."""


@dataclass(frozen=True)
class Counts:
    """How many features and classes (0 in regression) a run has."""

    features: int
    classes: int


def always(_: Manifest) -> bool:
    """Return that a field is offered for every run."""
    return True


@dataclass(frozen=True)
class FilterField(ABC):
    """A field of a filter.

    Attributes
    ----------
    label
        Of its control.
    offered
        Whether it is offered for a run.
    """

    label: str
    offered: Callable[[Manifest], bool] = always

    default: ClassVar[Any] = None

    def terms(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        """Yield the terms of a value in a link: name and text."""
        yield name, _quoted(str(value))

    @abstractmethod
    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        """Return the value of a term in a link; None where it is about another field, or makes no sense."""

    def merge(self, parsed: Sequence[Any]) -> Any:
        """Return the value of all terms about the field: the last one."""
        return parsed[-1]

    @abstractmethod
    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        """Yield what a row must meet, about the columns of ``rows``."""

    @abstractmethod
    def words(self, value: Any, classes: Classes) -> str:
        """Return a value in words; they may hold names from the table."""

    def limits(self, value: Any, features: Features, classes: Classes) -> Iterator[tuple[str, Any]]:
        """Yield each limit of a value in words, with the value that remains without it."""
        yield self.words(value, classes), self.default


@dataclass(frozen=True)
class ByOutcome(FilterField):
    """Whether the model is right or wrong, or the row failed."""

    default = "all"

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        if term != name or text not in OUTCOMES:
            return None
        return text if text in outcomes_of(counts.classes) else self.default

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        wrong = ColumnExpression("wrong")
        yield {"right": ~wrong, "wrong": wrong, "failed": ColumnExpression("error").isnotnull()}[value]

    def words(self, value: Any, classes: Classes) -> str:
        return OUTCOMES[value]


OUTCOMES = {"all": "all", "wrong": "wrong", "right": "right", "failed": "not explained"}
"""Outcomes of a row in words."""


def outcomes_of(classes: int) -> list[str]:
    """Return the outcomes that rows can have: without classes nothing is right or wrong."""
    return list(OUTCOMES) if classes else ["all", "failed"]


@dataclass(frozen=True)
class OfClass(FilterField):
    """A class by its index, in a column."""

    column: str = ""
    phrase: str = "{}"

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        index = whole_number(text) if term == name else None
        return index if index is not None and index < counts.classes else None

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        yield ColumnExpression(self.column) == ConstantExpression(value)

    def words(self, value: Any, classes: Classes) -> str:
        return self.phrase.format((classes or ())[value])


@dataclass(frozen=True)
class Flag(FilterField):
    """A column that must be true; in a link it is the term `term`."""

    column: str = ""
    term: tuple[str, str] = ("", "")
    phrase: str = ""

    default = False

    def terms(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        yield self.term

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        return True if (term, text) == self.term else None

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        yield ColumnExpression(self.column)

    def words(self, value: Any, classes: Classes) -> str:
        return self.phrase


@dataclass(frozen=True)
class Between(FilterField):
    """A range of the numbers in a column: of shares from 0 to 1, or, with `of_values`, of values in regression.

    Attributes
    ----------
    noun
        What the numbers are.
    of_values
        Noun and label in regression, where the numbers have any size; None: they are shares there, too.
    of_margins
        Label where margins are explained, which have any size; None: the numbers are shares there, too.
    """

    column: str = ""
    noun: str = ""
    of_values: tuple[str, str] | None = None
    of_margins: str | None = None

    default = Range()

    def terms(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        yield name, value.text()

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        return Range.from_text(text) if term == name else None

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        yield from within(self.column, value)

    def words(self, value: Any, classes: Classes) -> str:
        noun = self.of_values[0] if self.of_values and classes is None else self.noun
        return f"{noun}{range_words(value)}"


@dataclass(frozen=True)
class Text(FilterField):
    """A text that rows are known by.

    Attributes
    ----------
    phrase
        The value in words.
    clause
        What a row must meet, given the text.
    options
        The texts to choose from, of a run; None: any text.
    """

    phrase: str = "{}"
    clause: Callable[[Expression], Expression] = lambda text: text
    options: Callable[[Manifest], Sequence[str]] | None = None

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        return unquote(text) if term == name and text else None

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        yield self.clause(ConstantExpression(value))

    def words(self, value: Any, classes: Classes) -> str:
        return self.phrase.format(value)


@dataclass(frozen=True)
class ByFeature(FilterField):
    """Conditions on features, of all of which a row must meet each; in a link a term for each condition.

    Attributes
    ----------
    help
        Help of the control.
    """

    help: str | None = None

    default = ()
    prefix = ""
    condition: ClassVar[type[ValueCondition] | type[WeightCondition]]

    def terms(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        for condition in value:
            yield f"{self.prefix}{condition.feature}", condition.text()

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        feature = position(term, self.prefix, counts.features)
        return None if feature is None else self.condition.from_text(feature, text)

    def merge(self, parsed: Sequence[Any]) -> Any:
        return tuple({condition.feature: condition for condition in parsed}.values())

    def limits(self, value: Any, features: Features, classes: Classes) -> Iterator[tuple[str, Any]]:
        for condition in value:
            rest = tuple(other for other in value if other != condition)
            yield self.words_of(condition, features[condition.feature]), rest

    def words(self, value: Any, classes: Classes) -> str:
        return ", ".join(f"{self.prefix} {condition.feature}" for condition in value)

    @abstractmethod
    def words_of(self, condition: Any, feature: Feature) -> str:
        """Return a condition in words."""


@dataclass(frozen=True)
class ByValue(ByFeature):
    """Conditions on values, which are in the run's table and not in the index."""

    prefix = "value"
    condition = ValueCondition

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        encoding = run.encoding()
        parts = [part for each in value for part in _value_clauses(each, encoding.features[each.feature].missing)]
        if parts:
            table = scan(str(ConstantExpression(literal(run.folder / DATA_FILE))), positions=True)
            met = reduce(and_, parts)
            yield SQLExpression(f"row_id IN (SELECT file_row_number FROM {table} WHERE {met})")  # noqa: S608 - quoted by DuckDB

    def words_of(self, condition: Any, feature: Feature) -> str:
        if condition.missing:
            return f"{feature.name} is {MISSING}"
        if condition.codes:
            names = feature.categories or ()
            return f"{feature.name} = {' or '.join(names[code] for code in condition.codes if code < len(names))}"
        return f"{feature.name}{range_words(condition.within, ': any')}"


@dataclass(frozen=True)
class ByWeight(ByFeature):
    """Conditions on weights."""

    prefix = "weight"
    condition = WeightCondition

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        for condition in value:
            column = f"w{int(condition.feature)}"
            yield ColumnExpression(column).isnotnull()
            yield from within(column, condition.within)

    def words_of(self, condition: Any, feature: Feature) -> str:
        return f"weight of {feature.name}{range_words(condition.within, ' is there')}"


def within(column: str, limits: Range) -> Iterator[Expression]:
    """Yield what a column must meet to be in a range."""
    if limits.low is not None:
        yield ColumnExpression(column) >= ConstantExpression(limits.low)
    if limits.high is not None:
        yield ColumnExpression(column) <= ConstantExpression(limits.high)


def range_words(limits: Range, unlimited: str = "") -> str:
    """Return a range in words, to stand behind a noun."""
    if limits.low is None and limits.high is None:
        return unlimited
    if limits.low is None:
        return f" ≤ {number(limits.high or 0.0)}"
    if limits.high is None:
        return f" ≥ {number(limits.low)}"
    return f" {number(limits.low)} to {number(limits.high)}"


def _value_clauses(condition: ValueCondition, missing: float | None) -> Iterator[Expression]:
    name = f"f{int(condition.feature)}"
    column = ColumnExpression(name)
    is_nan = FunctionExpression("isnan", column)
    if condition.missing:
        yield is_nan if missing is None else (column == ConstantExpression(missing)) | is_nan
    elif condition.codes:
        yield column.isin(*map(ConstantExpression, condition.codes))
    elif condition.within:
        yield ~is_nan  # DuckDB takes NaN for larger than every number
        yield from within(name, condition.within)
        if missing is not None:
            yield column != ConstantExpression(missing)


def _quoted(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E").replace(".", "%2E")
