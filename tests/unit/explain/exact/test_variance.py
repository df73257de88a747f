"""The variance around a row is that of the weighted samples, to the same bits compiled and in numpy."""

import sys

import numpy as np
import pytest

from sparklime_core.explain.exact import variance
from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.exact.variance import Spread
from sparklime_core.explain.exact.variance_numba import fill_sums

CODES = 5
WIDTH = 9
SAMPLES = 203
WANTED = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])


@pytest.fixture
def pool():
    rng = np.random.default_rng(0)
    one = np.ones(CODES)
    columns = (Column(np.arange(float(CODES)), one / CODES, -one, one, 0 * one, one),) * WIDTH
    codes, predictions = rng.integers(0, CODES, (SAMPLES, WIDTH)).astype(float), rng.normal(3, 1e3, (SAMPLES, 3))
    kernel = 0.7 ** np.arange(WIDTH + 1.0)
    return Spread.of_pool(columns, codes, predictions, kernel), codes, predictions, kernel


def test_it_is_the_weighted_variance_of_the_samples(pool):
    spread, codes, predictions, kernel = pool
    rows = np.random.default_rng(1).integers(0, CODES, (4, WIDTH))
    found = spread.variance(rows, WANTED)
    for row, wanted, here in zip(rows, WANTED, found, strict=True):
        weights = kernel[(codes != row).sum(axis=1)]
        mean = np.average(predictions, axis=0, weights=weights)
        expected = np.average((predictions - mean) ** 2, axis=0, weights=weights)
        np.testing.assert_allclose(here[wanted], expected[wanted], rtol=1e-7)
        assert not here[~wanted].any()


def test_numba_and_numpy_give_the_same_bits(pool, monkeypatch):
    spread = pool[0]
    rows = np.random.default_rng(2).integers(0, CODES, (4, WIDTH))
    compiled = spread.variance(rows, WANTED)
    variance.implementation.cache_clear()
    monkeypatch.setitem(sys.modules, "sparklime_core.explain.exact.variance_numba", None)
    try:
        assert variance.implementation() is variance.fill_sums_numpy
        np.testing.assert_array_equal(spread.variance(rows, WANTED), compiled)
    finally:
        variance.implementation.cache_clear()


def test_numba_is_used_where_it_is():
    assert variance.implementation() is fill_sums


def test_a_kernel_without_weight_leaves_no_variance(pool):
    spread = pool[0]
    nothing = Spread(spread.codes, spread.powers, spread.units, np.zeros_like(spread.kernel))
    assert not nothing.variance(np.zeros((4, WIDTH), dtype=np.int64), WANTED).any()
