"""Kinds of filter fields that hold conditions on features, as many as a person likes."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, ClassVar

from duckdb import ColumnExpression, ConstantExpression, Expression, FunctionExpression, SQLExpression

from sparklime_core.data.feature_encoding import MISSING, Feature
from sparklime_core.runs.filter.conditions import ValueCondition, WeightCondition, position
from sparklime_core.runs.filter.kinds import Counts, Explained, FilterField, range_words, within
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan


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

    def limits(self, value: Any, explained: Explained) -> Iterator[tuple[str, Any]]:
        for condition in value:
            rest = tuple(other for other in value if other != condition)
            yield self.words_of(condition, explained.features[condition.feature]), rest

    def words(self, value: Any, explained: Explained) -> str:
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
