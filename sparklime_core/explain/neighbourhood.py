"""lime's neighbourhood of a row in closed form, and the profiles of explanations: the effect of each bin in it.

lime draws the features independently, and its default kernel is a product over them: ``rho`` for each feature in
which a sample differs from the row. Under the weights they stay independent, and bin b of feature j has the share
``q_j(b) = p_j(b) * (1 if b is the row's own, else rho) / c_j``, where p_j is how often lime draws it and
``c_j = p_j(r) + rho * (1 - p_j(r))`` for the row's own bin r.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sparklime_core.explain.explainer_facts import category_names, feature_count
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray

KERNEL_TOLERANCE = 1e-9
"""How far a kernel may be from a product over features, relative to itself."""


@dataclass(frozen=True)
class Entries:
    """The bins that the profiles of p explanations list, end to end, feature by feature of each explanation.

    Attributes
    ----------
    pair, slot
        (E,) whose explanation, and which of its features.
    feature, code
        (E,) which of all features that is, and which bin or category of it.
    bin
        (E,) which bin, among those of all features.
    own
        (E,) whether it is the row's own.
    share, square_share
        (E,) how often it comes in the row's neighbourhood: by the weights, and by their squares.
    first
        (G,) where each feature of each explanation begins.
    """

    pair: IntArray
    slot: IntArray
    feature: IntArray
    code: IntArray
    bin: IntArray
    own: BoolArray
    share: FloatArray
    square_share: FloatArray
    first: IntArray

    @classmethod
    def none(cls) -> "Entries":
        """List nothing."""
        whole, share = np.zeros(0, dtype=np.int64), np.zeros(0)
        return cls(whole, whole, whole, whole, whole, np.zeros(0, dtype=np.bool_), share, share, whole)

    def by_feature(self, values: FloatArray) -> FloatArray:
        """Sum values (E,) over the bins of each feature: (G,). The bits of a sum depend on its own terms only."""
        return np.add.reduceat(values, self.first) if len(self.first) else np.zeros(0)

    def spread(self, totals: FloatArray) -> FloatArray:
        """Repeat a value of each feature (G,) for each of its bins: (E,)."""
        return np.repeat(totals, np.diff(np.append(self.first, len(self.bin))))


@dataclass(frozen=True)
class Neighbourhood:
    """The bins and categories that lime draws, of d features end to end.

    Attributes
    ----------
    starts
        (d + 1,) where the bins of each feature begin.
    codes
        (T,) the bin or category, ascending in each feature: all that a row can have, drawn or not.
    frequency
        (T,) how often lime draws it; those of a feature sum to one.
    kernel
        (d + 1,) the weight of a sample by the number of features in which it differs from the row.
    rho
        What each such feature multiplies the weight by; None where the kernel is no such product.
    """

    starts: IntArray
    codes: FloatArray
    frequency: FloatArray
    kernel: FloatArray
    rho: float | None

    @classmethod
    def of(cls, explainer: Explainer, kernel: FloatArray) -> "Neighbourhood":
        """Read an explainer whose features are all binned or categorical, with its kernel (d + 1,)."""
        drawn = [drawn_codes(explainer, feature) for feature in range(feature_count(explainer))]
        return cls(
            starts=np.cumsum([0, *(len(codes) for codes, _ in drawn)]),
            codes=np.concatenate([codes for codes, _ in drawn]),
            frequency=np.concatenate([frequency for _, frequency in drawn]),
            kernel=kernel,
            rho=product_factor(kernel),
        )

    def at_width(self, width: float) -> "Neighbourhood":
        """Return the same under lime's default kernel of a width."""
        kernel = exponential_kernel(np.sqrt(np.arange(len(self.kernel))), width)
        return replace(self, kernel=kernel, rho=float(kernel[1]))

    def own_bins(self, codes: IntArray) -> IntArray:
        """Return the bins (m, d) of rows with these codes (m, d)."""
        bins: IntArray = self.starts[:-1] + codes
        for at in self._listed:
            known = self.codes[self.starts[at] : self.starts[at + 1]]
            bins[:, at] = self.starts[at] + np.searchsorted(known, codes[:, at])
        return bins

    @cached_property
    def _listed(self) -> list[int]:
        """The features whose codes are not just 0, 1, 2 and so on."""
        each = enumerate(np.split(self.codes, self.starts[1:-1]))
        return [at for at, known in each if not np.array_equal(known, np.arange(len(known)))]

    def factors(self, own: IntArray, rho: float | None = None) -> FloatArray:
        """Return ``c`` (m, d) of rows with these bins (m, d); for another kernel where its ``rho`` is given."""
        rho = self.rho if rho is None else rho
        assert rho is not None  # noqa: S101 - only kernels that are products have such factors
        drawn = self.frequency[own]
        factors: FloatArray = drawn + rho * (1.0 - drawn)
        return factors

    def effective_share(self, own: IntArray) -> FloatArray:
        """Return Kish's effective size (m,) of the neighbourhoods, as a share of the number of samples.

        That is ``E[w]^2 / E[w^2]``, with infinitely many samples; 0 where no sample has any weight.
        """
        if self.rho is None:
            by_mismatches = mismatch_distribution(self.frequency[own])
            mean, square = (_weighted(by_mismatches, self.kernel**power) for power in (1, 2))
            return np.divide(mean**2, square, out=np.zeros_like(mean), where=square > 0)
        mean, square = self.factors(own), self.factors(own, self.rho**2)
        ratio = np.divide(mean**2, square, out=np.zeros_like(mean), where=square > 0)
        share: FloatArray = ratio.prod(axis=1)
        return share

    def entries(self, features: IntArray, own: IntArray) -> Entries:
        """List the bins of the features (p, k) of explanations, -1 for none.

        The rows have the bins ``own`` (p, d). A bin that lime never draws is left out, unless it is the row's own.
        The kernel must be a product.
        """
        assert self.rho is not None  # noqa: S101 - see above
        rho = self.rho
        pair, slot = np.nonzero(features >= 0)
        feature = features[pair, slot]
        sizes = np.diff(self.starts)[feature]
        begin = np.cumsum(sizes) - sizes
        group = np.repeat(np.arange(len(feature)), sizes)
        bin_ = np.arange(len(group)) - begin[group] + self.starts[feature][group]
        is_own = own[pair, feature][group] == bin_
        listed = (self.frequency[bin_] > 0) | is_own
        group, bin_, is_own = group[listed], bin_[listed], is_own[listed]

        def shares(loss: float) -> FloatArray:
            factor = self.factors(own[pair, feature], loss)[group]
            mass = self.frequency[bin_] * np.where(is_own, 1.0, loss)
            share: FloatArray = np.divide(mass, factor, out=np.zeros_like(mass), where=factor > 0)
            return share

        first = np.flatnonzero(np.diff(group, prepend=-1))
        code = self.codes[bin_].astype(np.int64)
        return Entries(
            pair[group], slot[group], feature[group], code, bin_, is_own, shares(rho), shares(rho**2), first
        )


def drawn_codes(explainer: Explainer, feature: int) -> tuple[FloatArray, FloatArray]:
    """Return the codes of a binned or categorical feature, ascending, and how often lime draws each."""
    drawn: FloatArray = np.asarray(explainer.feature_values[feature], dtype=np.float64)
    binned = feature in explainer.discretizer.lambdas
    known = range(len(explainer.discretizer.names[feature])) if binned else category_names(explainer, feature)
    codes = np.union1d(drawn, np.array(list(known), dtype=np.float64))
    frequency = np.zeros(len(codes))
    np.add.at(frequency, np.searchsorted(codes, drawn), explainer.feature_frequencies[feature])
    return codes, frequency


def product_factor(kernel: FloatArray) -> float | None:
    """Return the factor whose powers a kernel's weights (d + 1,) are, or None.

    lime's default kernel of m mismatches is ``sqrt(exp(-m / width^2))``.
    """
    expected = kernel[1] ** np.arange(len(kernel))
    product = 0 <= kernel[1] <= 1 and np.allclose(kernel, expected, rtol=KERNEL_TOLERANCE, atol=1e-300)
    return float(kernel[1]) if product else None


def exponential_kernel(distance: FloatArray, width: float) -> FloatArray:
    """Return the weights of samples at a distance, as lime's default kernel of a width has them."""
    with np.errstate(over="ignore"):
        weights: FloatArray = np.sqrt(np.exp(-(distance**2) / width**2))
    return weights


def mismatch_distribution(agreeing: FloatArray) -> FloatArray:
    """Return (m, d + 1): how often a sample differs in so many features, which agree as often as (m, d) says."""
    found = np.zeros((len(agreeing), agreeing.shape[1] + 1))
    found[:, 0] = 1.0
    for agrees in agreeing.T[:, :, None]:
        found[:, 1:] = found[:, 1:] * agrees + found[:, :-1] * (1.0 - agrees)
        found[:, :1] *= agrees
    return found


def _weighted(shares: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the products (m,) of shares (m, n) and weights (n,), whose bits are a row's own."""
    total: FloatArray = (shares * weights).sum(axis=1)
    return total


@dataclass(frozen=True)
class Profiles:
    """Profiles of p explanations.

    Attributes
    ----------
    score
        (p,) the share of the model's variance around the row that the explanation's profiles explain; NaN unknown.
    entries
        Their bins.
    effects
        (E,) mean prediction in the bin less the mean prediction, in the row's neighbourhood; NaN unknown.
    errors
        (E,) their standard errors by sampling; 0 without sampling, NaN unknown.
    """

    score: FloatArray
    entries: Entries
    effects: FloatArray
    errors: FloatArray

    def bins_of(self, pairs: int) -> IntArray:
        """Return how many bins (p,) are listed of each explanation."""
        return np.bincount(self.entries.pair, minlength=pairs)


def feature_variances(entries: Entries, effects: FloatArray) -> FloatArray:
    """Return ``sum_b share * effect^2`` of each feature (G,), unknown effects left out."""
    return entries.by_feature(entries.share * np.nan_to_num(effects) ** 2)


def explained_variance(entries: Entries, of_features: FloatArray, pairs: int) -> FloatArray:
    """Add variances of features (G,) up to those of the p explanations, in their order."""
    total = np.zeros(pairs)
    np.add.at(total, entries.pair[entries.first], of_features)
    return total


def score_of(explained: FloatArray, variance: FloatArray) -> FloatArray:
    """Return R² (p,), between 0 and 1; 1 for constant predictions, as lime's own R² has it."""
    ratio = np.divide(explained, variance, out=np.ones_like(explained), where=variance > 0)
    return np.clip(ratio, 0.0, 1.0)
