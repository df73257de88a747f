"""The laws of a neighbourhood's closed forms, for any frequencies and any kernel width."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparklime_core.explain.neighbourhood import (
    Neighbourhood,
    exponential_kernel,
    mismatch_distribution,
    product_factor,
)

WIDTHS = st.floats(0.2, 50)
COUNTS = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=6).filter(any), min_size=1, max_size=5)


def neighbourhood_of(counts, width):
    """Return a neighbourhood in which each bin was counted so often."""
    explainer = SimpleNamespace(
        feature_values={at: list(range(len(of))) for at, of in enumerate(counts)},
        feature_frequencies={at: np.array(of) / sum(of) for at, of in enumerate(counts)},
        discretizer=SimpleNamespace(
            lambdas=dict.fromkeys(range(len(counts))),
            names={at: list(map(str, range(len(of)))) for at, of in enumerate(counts)},
        ),
        scaler=SimpleNamespace(n_features_in_=len(counts)),
    )
    kernel = exponential_kernel(np.sqrt(np.arange(len(counts) + 1)), width)
    return Neighbourhood.of(explainer, kernel)


@settings(deadline=None)
@given(COUNTS, WIDTHS, st.randoms(use_true_random=False))
def test_shares_sum_to_one_and_the_own_bin_is_listed(counts, width, random):
    around = neighbourhood_of(counts, width)
    own = around.own_bins(np.array([[random.randrange(len(of)) for of in counts] for _ in range(3)]))
    entries = around.entries(np.tile(np.arange(len(counts)), (3, 1)), own)
    np.testing.assert_allclose(entries.by_feature(entries.share), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(entries.by_feature(entries.own.astype(float)), 1.0)
    listed = around.frequency[entries.bin] > 0
    assert (listed | entries.own).all()
    share = around.effective_share(own)
    assert ((share > 0) & (share <= 1 + 1e-12)).all()


@settings(deadline=None)
@given(COUNTS, WIDTHS)
def test_the_effective_share_is_that_of_the_distribution_of_mismatches(counts, width):
    around = neighbourhood_of(counts, width)
    own = around.own_bins(np.zeros((1, len(counts)), dtype=np.int64))
    shares = mismatch_distribution(around.frequency[own])
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    mean, square = (shares[0] @ around.kernel**power for power in (1, 2))
    assert around.effective_share(own)[0] == pytest.approx(mean**2 / square, rel=1e-9)


def test_only_products_have_a_factor():
    assert product_factor(0.5 ** np.arange(4)) == 0.5
    assert product_factor(np.array([1.0, 0.5, 0.3])) is None
    assert product_factor(np.array([1.0, 2.0, 4.0])) is None
