"""How much several explanations of the same rows agree: the figures of `explain.stability`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.types import BoolArray, FloatArray

TOP = 5
"""The number of an explanation's first features that the Jaccard index compares, unless a caller sets another."""

CONFIDENCE = 1.96
"""Half the width of a 95 % confidence interval, in standard errors."""


@dataclass(frozen=True)
class PoolFits:
    """Explanations of p (row, label) pairs in r runs, by feature.

    Attributes
    ----------
    rank
        (r, p, d) a feature's place in the explanation, from 0; d where it was not chosen.
    weights, errors
        (r, p, d) its weight and standard error; 0 where it was not chosen.
    exact
        (p, d) its weight without sampling, NaN where that did not choose it; None without a comparison.
    """

    rank: npt.NDArray[np.int64]
    weights: FloatArray
    errors: FloatArray
    exact: FloatArray | None

    @classmethod
    def of(
        cls, fits: Sequence[Surrogates], errors: Sequence[FloatArray], truth: Surrogates | None, width: int
    ) -> "PoolFits":
        """Spread surrogates, each with its standard errors (p, k), over d features."""
        shape = (len(fits), len(fits[0].features), width)
        runs = cls(np.full(shape, width), np.zeros(shape), np.zeros(shape), None)
        for run, (fit, error) in enumerate(zip(fits, errors, strict=True)):
            pair, place = np.nonzero(fit.features >= 0)
            at = (run, pair, fit.features[pair, place])
            runs.rank[at], runs.weights[at], runs.errors[at] = place, fit.weights[pair, place], error[pair, place]
        if truth is None:
            return runs
        exact = np.full(shape[1:], np.nan)
        pair, place = np.nonzero(truth.features >= 0)
        exact[pair, truth.features[pair, place]] = truth.weights[pair, place]
        return cls(runs.rank, runs.weights, runs.errors, exact)

    @property
    def chosen(self) -> BoolArray:
        """(r, p, d) whether a run's explanation has a feature."""
        return np.less(self.rank, self.rank.shape[2])


@dataclass(frozen=True)
class FeatureFigures:
    """Figures (p, d) of features; see `STABILITY_FEATURE_SCHEMA`. NaN where there is none."""

    known: BoolArray
    chosen: FloatArray
    top: FloatArray
    mean: FloatArray
    std: FloatArray
    sign_agreement: FloatArray
    exact: FloatArray


def feature_figures(runs: PoolFits, top: int) -> FeatureFigures:
    """Summarise the weights of each feature over the runs that chose it."""
    chosen = runs.chosen
    count = chosen.sum(axis=0)
    some = np.where(count > 0, count, np.nan)
    mean = _total(runs.weights) / some
    squares = _total(np.where(chosen, runs.weights - mean, 0.0) ** 2)
    std = np.sqrt(squares / np.where(count > 1, count - 1, np.nan))
    positive, negative = (runs.weights > 0).sum(axis=0), (runs.weights < 0).sum(axis=0)
    zero = (chosen & (runs.weights == 0)).sum(axis=0)
    exact = np.full(count.shape, np.nan) if runs.exact is None else runs.exact
    return FeatureFigures(
        known=(count > 0) | ~np.isnan(exact),
        chosen=count / len(chosen),
        top=(runs.rank < top).mean(axis=0),
        mean=mean,
        std=std,
        sign_agreement=np.maximum(np.maximum(positive, negative), zero) / some,
        exact=exact,
    )


def pair_figures(runs: PoolFits, top: int) -> Iterator[FloatArray]:
    """Yield VSI, CSI and the Jaccard index of the top features (p,), each a mean over the pairs of runs.

    VSI and CSI are those of Visani et al., "Statistical stability indices for LIME: obtaining reliable
    explanations for machine learning models" (arXiv 2001.11757), from 0 to 100:

    - VSI, the variables stability index: the share of features that two runs have in common. Runs that chose
      different numbers of features, which the paper leaves out, are compared by the larger number.
    - CSI, the coefficients stability index: for a feature, the share of the pairs of runs whose 95 % confidence
      intervals of its weight overlap; then the mean over the features. Only pairs in which both runs chose the
      feature count. NaN when no feature was chosen twice.
    """
    pairs = list(combinations(range(len(runs.rank)), 2))
    chosen, leading = runs.chosen, runs.rank < top
    yield 100.0 * _mean(_common(chosen[a], chosen[b], larger=True) for a, b in pairs)
    compared, overlapping = np.zeros(chosen.shape[1:]), np.zeros(chosen.shape[1:])
    for a, b in pairs:
        both = chosen[a] & chosen[b]
        reach = CONFIDENCE * (runs.errors[a] + runs.errors[b])
        compared += both
        overlapping += both & (np.abs(runs.weights[a] - runs.weights[b]) <= reach)
    features = (compared > 0).sum(axis=1)
    shares = overlapping / np.maximum(compared, 1)
    yield 100.0 * shares.sum(axis=1) / np.where(features > 0, features, np.nan)
    yield _mean(_common(leading[a], leading[b], larger=False) for a, b in pairs)


def sampling_error(runs: PoolFits) -> Iterator[FloatArray]:
    """Yield the root mean square and the largest \\|error\\| (p,) of a run's weights against the exact ones.

    Compared are the features of the exact explanation; the weight of one that a run did not choose is 0, as its
    reader sees it. The mean is over features and runs, the largest over features and then its mean over runs.
    NaN without exact weights.
    """
    if runs.exact is None:
        nothing = np.full(runs.rank.shape[1], np.nan)
        yield nothing
        yield nothing
        return
    there = ~np.isnan(runs.exact)
    error = np.where(there, runs.weights - np.nan_to_num(runs.exact), 0.0)
    yield np.sqrt(_mean((error**2).sum(axis=2)) / there.sum(axis=1))
    yield _mean(np.abs(error).max(axis=2))


def _common(one: BoolArray, other: BoolArray, *, larger: bool) -> FloatArray:
    """Return how many features (p,) two runs share, over the larger number of them, or over those of either."""
    shared = (one & other).sum(axis=1)
    over = np.maximum(one.sum(axis=1), other.sum(axis=1)) if larger else (one | other).sum(axis=1)
    return np.where(over > 0, shared / np.maximum(over, 1), 1.0)


def _mean(values: Iterable[FloatArray]) -> FloatArray:
    listed = list(values)
    return _total(listed) / len(listed)


def _total(values: Iterable[FloatArray]) -> FloatArray:
    """Add arrays, one after the other: numpy's own order may depend on how many pairs there are."""
    total: FloatArray = np.zeros(())
    for value in values:
        total = total + value
    return total
