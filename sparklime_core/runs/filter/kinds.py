"""Kinds of filter fields. A kind knows its default, its link, its SQL, its words and the labels of its control.

SQL is made of DuckDB's expressions: they quote names and texts, and print numbers to the last bit. A condition on
another table is an `SQLExpression`, since expressions have no subqueries. Relations that filter were tried, too:
their queries take no parameters.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, unquote

from duckdb import ColumnExpression, ConstantExpression, Expression

from sparklime_core.data.feature_encoding import Feature
from sparklime_core.explain.settings import OutputName
from sparklime_core.runs.filter.conditions import Range, whole_number
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run
from sparklime_core.wording import number

Classes: TypeAlias = tuple[str, ...] | None
Features: TypeAlias = Sequence[Feature]

EXPLAINED_BY = "explained_by"
"""The view of the executor of each row (`sparklime_core.runs.query.database.query`)."""


@dataclass(frozen=True)
class Explained:
    """What a run explains, as words about its rows need it.

    Attributes
    ----------
    features
        How they are encoded, in their order.
    classes
        Names of the classes; None in regression.
    output
        What is explained of the model.
    """

    features: Features
    classes: Classes
    output: OutputName = "probability"


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
    def words(self, value: Any, explained: Explained) -> str:
        """Return a value in words; they may hold names from the table."""

    def limits(self, value: Any, explained: Explained) -> Iterator[tuple[str, Any]]:
        """Yield each limit of a value in words, with the value that remains without it."""
        yield self.words(value, explained), self.default


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

    def words(self, value: Any, explained: Explained) -> str:
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

    def words(self, value: Any, explained: Explained) -> str:
        return self.phrase.format((explained.classes or ())[value])


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

    def words(self, value: Any, explained: Explained) -> str:
        return self.phrase


@dataclass(frozen=True)
class Between(FilterField):
    """A range of the numbers in a column: of shares from 0 to 1, or, with `of_values`, of values in regression.

    Attributes
    ----------
    noun
        What the numbers are.
    of_any_size
        Noun and label of numbers that are no shares, by what a run explains; None where they are shares.
    """

    column: str = ""
    noun: str = ""
    of_any_size: Callable[[Explained], tuple[str, str] | None] = lambda _: None

    default = Range()

    def terms(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        yield name, value.text()

    def parse(self, name: str, term: str, text: str, counts: Counts) -> Any:
        return Range.from_text(text) if term == name else None

    def clauses(self, value: Any, run: Run) -> Iterator[Expression]:
        yield from within(self.column, value)

    def words(self, value: Any, explained: Explained) -> str:
        unlimited = self.of_any_size(explained)
        return f"{unlimited[0] if unlimited else self.noun}{range_words(value)}"


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

    def words(self, value: Any, explained: Explained) -> str:
        return self.phrase.format(value)


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


def _quoted(text: str) -> str:
    return quote(text, safe="").replace("~", "%7E").replace(".", "%2E")
