"""What would have to change? The fewest and smallest changes of a row that change what the model says.

Values come from those that were observed. One change is looked for first, then two, then three: by trying the
values of each feature, and then together those that come nearest to what is wanted. What is found is made smaller
as long as the model still says what is wanted, so that every answer is one that the model itself has given.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sparklime_core.errors import SettingsError
from sparklime_core.explain.types import FloatArray

MOST_FEATURES = 3
MOST_VALUES = 24
"""Values of a feature that are tried at first: quantiles of the observed ones."""

KEPT_FEATURES, KEPT_VALUES, KEPT_PAIRS = 8, 3, 20
"""Features, values of each, and pairs that are tried together with others: those that come nearest. The smallest
and the largest value are tried as well: where two features only do it together, none comes nearer alone."""


@dataclass(frozen=True)
class Wanted:
    """What the model should say.

    Attributes
    ----------
    label
        This class, as its most probable one; None: any other than now.
    above, below
        In regression, a value beyond one of these bounds.

    Raises
    ------
    SettingsError
        When both bounds are given, or a bound and a class.
    """

    label: int | None = None
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        if sum(choice is not None for choice in (self.label, self.above, self.below)) > 1:
            raise SettingsError("Choose one: a class, a bound to be above, or a bound to be below.")

    def lack(self, predicted: FloatArray, now: FloatArray) -> FloatArray:
        """Return what predictions (n, K) or values (n, 1) lack; below 0 they are what is wanted.

        Parameters
        ----------
        predicted
            Of the changed rows.
        now
            (K,) of the row as it is.
        """
        if self.above is not None:
            return self.above - predicted[:, 0]
        if self.below is not None:
            return predicted[:, 0] - self.below
        label = int(now.argmax()) if self.label is None else self.label
        gap: FloatArray = predicted[:, label] - np.delete(predicted, label, axis=1).max(axis=1)
        return gap if self.label is None else -gap


@dataclass(frozen=True)
class Change:
    """Changed values of a row, for which the model says what is wanted.

    Attributes
    ----------
    features
        Positions of the changed features.
    values
        Their new values, encoded.
    distance
        Sum of the changes: of numbers in interquartile ranges, of categories 1 each.
    predicted
        (K,) probabilities, or the one value, that the model gives for the changed row.
    """

    features: tuple[int, ...]
    values: tuple[float, ...]
    distance: float
    predicted: FloatArray = field(compare=False)


@dataclass(frozen=True)
class Observed:
    """The values of one feature that were observed, gaps aside.

    Attributes
    ----------
    values
        Different ones, ascending.
    scale
        Their interquartile range, or their range where that is 0; 0 for categories.
    """

    values: FloatArray
    scale: float

    def candidates(self) -> FloatArray:
        """Return the values that are tried at first: all categories, or quantiles of the numbers."""
        if not self.scale or len(self.values) <= MOST_VALUES:
            return self.values
        return self.values[np.linspace(0, len(self.values) - 1, MOST_VALUES).round().astype(np.int64)]

    def distance(self, before: float, after: float) -> float:
        """Return how far two values are apart."""
        return abs(after - before) / self.scale if self.scale else float(after != before)

    def between(self, before: float, after: float) -> FloatArray:
        """Return the observed numbers after `before` up to `after`, in this order; of categories `after`."""
        if not self.scale:
            return np.array([after])
        if after > before:
            return self.values[(self.values > before) & (self.values <= after)]
        return self.values[(self.values < before) & (self.values >= after)][::-1]


def observe(column: FloatArray, is_category: bool, gap: float | None) -> Observed:
    """Return what was observed of a feature, from its encoded column (n,)."""
    values = np.unique(column[np.isfinite(column)])
    values = values[values != gap] if gap is not None else values
    if is_category or not len(values):
        return Observed(values, 0.0)
    low, high = np.quantile(column[np.isfinite(column) & (column != gap)], [0.25, 0.75])
    return Observed(values, float(high - low) or float(np.ptp(values)))


@dataclass(frozen=True)
class ChangeSearch:
    """Looks for the nearest changes of rows.

    Attributes
    ----------
    predict
        (n, d) encoded rows to (n, K) probabilities, or (n, 1) values.
    observed
        What was observed of each feature.
    locked
        Positions of the features that stay as they are.
    """

    predict: Callable[[FloatArray], FloatArray]
    observed: Sequence[Observed]
    locked: frozenset[int] = frozenset()

    def find(self, row: FloatArray, wanted: Wanted, most: int = 5) -> list[Change]:
        """Return the nearest changes of a row (d,): the fewest features first, then the smallest changes.

        The list is empty where nothing was found, or the model says what is wanted already.
        """
        now = self.predict(row[None])[0]
        if wanted.lack(now[None], now)[0] < 0:
            return []
        found: list[Change] = []
        tried = self._singles(row)
        for count in range(1, MOST_FEATURES + 1):
            lacks = self._lacks(row, tried, now, wanted)
            found += self._made_small(row, tried, lacks, now, wanted, most - len(found))
            if len(found) >= most or count == MOST_FEATURES:
                break
            tried = list(_joined(tried, lacks, count, {change.features for change in found}))
        return sorted(found, key=lambda change: (len(change.features), change.distance))

    def _singles(self, row: FloatArray) -> list[dict[int, float]]:
        places = (at for at in range(len(row)) if at not in self.locked)
        return [
            {at: float(value)} for at in places for value in self.observed[at].candidates() if value != row[at]
        ]

    def _lacks(
        self, row: FloatArray, tried: Sequence[dict[int, float]], now: FloatArray, wanted: Wanted
    ) -> FloatArray:
        if not tried:
            return np.empty(0)
        return wanted.lack(self.predict(_changed(row, tried)), now)

    def _made_small(
        self,
        row: FloatArray,
        tried: Sequence[dict[int, float]],
        lacks: FloatArray,
        now: FloatArray,
        wanted: Wanted,
        most: int,
    ) -> list[Change]:
        """Return the nearest change of each set of features that was found, made as small as it can be."""
        nearest: dict[tuple[int, ...], dict[int, float]] = {}
        for at in np.flatnonzero(lacks < 0).tolist():
            features = tuple(sorted(tried[at]))
            before = nearest.get(features)
            if before is None or self._distance(row, tried[at]) < self._distance(row, before):
                nearest[features] = tried[at]
        best = sorted(nearest.values(), key=lambda change: self._distance(row, change))[:most]
        return [self._smallest(row, change, now, wanted) for change in best]

    def _smallest(self, row: FloatArray, change: dict[int, float], now: FloatArray, wanted: Wanted) -> Change:
        """Leave out what is not needed, and move each number back as far as the model goes along."""
        change = self._fewest(row, change, now, wanted)
        for at in sorted(change, key=lambda at: -self.observed[at].distance(float(row[at]), change[at])):
            steps = self.observed[at].between(float(row[at]), change[at])
            low, high = 0, len(steps) - 1  # what is wanted holds at `high`
            while low < high:
                middle = (low + high) // 2
                tried = {**change, at: float(steps[middle])}
                if self._lacks(row, [tried], now, wanted)[0] < 0:
                    high = middle
                else:
                    low = middle + 1
            change[at] = float(steps[high])
        predicted = self.predict(_changed(row, [change]))[0]
        features = tuple(sorted(change))
        values = tuple(change[at] for at in features)
        return Change(features, values, self._distance(row, change), predicted)

    def _fewest(
        self, row: FloatArray, change: dict[int, float], now: FloatArray, wanted: Wanted
    ) -> dict[int, float]:
        """Return a change without the features that need not change."""
        for at in list(change) if len(change) > 1 else ():
            less = {other: value for other, value in change.items() if other != at}
            if less and self._lacks(row, [less], now, wanted)[0] < 0:
                change = less
        return dict(change)

    def _distance(self, row: FloatArray, change: dict[int, float]) -> float:
        return sum(self.observed[at].distance(float(row[at]), value) for at, value in change.items())


def _joined(
    tried: Sequence[dict[int, float]], lacks: FloatArray, count: int, done: set[tuple[int, ...]]
) -> Iterator[dict[int, float]]:
    """Yield changes of one feature more, of those that come nearest; features with an answer are left out."""
    order = np.argsort(lacks, kind="stable")
    singles = _nearest_singles([tried[at] for at in order]) if count == 1 else _parts([tried[at] for at in order])
    bases = singles if count == 1 else [tried[at] for at in order if lacks[at] >= 0][:KEPT_PAIRS]
    seen: set[tuple[tuple[int, float], ...]] = set()
    for base, single in itertools.product(bases, singles):
        joined = {**base, **single}
        name = tuple(sorted(joined.items()))
        if len(joined) != count + 1 or name in seen or any(set(other) <= joined.keys() for other in done):
            continue
        seen.add(name)
        yield joined


def _nearest_singles(ordered: Sequence[dict[int, float]]) -> list[dict[int, float]]:
    """Return the first values of the features that come first, and the smallest and the largest of each."""
    kept: dict[int, list[float]] = {}
    for change in ordered:
        ((at, value),) = change.items()
        if at in kept or len(kept) < KEPT_FEATURES:
            kept.setdefault(at, []).append(value)
    return [
        {at: value}
        for at, values in kept.items()
        for value in dict.fromkeys([*values[:KEPT_VALUES], min(values), max(values)])
    ]


def _parts(ordered: Sequence[dict[int, float]]) -> list[dict[int, float]]:
    """Return the single changes that pairs are made of."""
    parts = {item: None for change in ordered for item in change.items()}
    return [{at: value} for at, value in parts]


def _changed(row: FloatArray, changes: Sequence[dict[int, float]]) -> FloatArray:
    rows = np.repeat(row[None], len(changes), axis=0)
    for place, change in enumerate(changes):
        for at, value in change.items():
            rows[place, at] = value
    return rows
