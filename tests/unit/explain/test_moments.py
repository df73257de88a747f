"""Independent columns and one sample have the ridges of the matrix that they make."""

import numpy as np
import pytest

from sparklime_core.explain.moments import FullProducts, IndependentProducts


@pytest.fixture
def independent():
    rng = np.random.default_rng(0)
    variance = rng.uniform(0, 900, (5, 7))
    variance[0, 2] = 0.0  # a column that is constant but for the instance
    return IndependentProducts.of(variance).plus(rng.random(5), rng.normal(size=(5, 7)))


def test_a_ridge_on_all_columns(independent):
    targets = np.random.default_rng(1).normal(size=(5, 7, 3))
    row, label = np.array([0, 0, 3, 4]), np.array([0, 2, 1, 1])
    full = FullProducts(independent.full())
    found, expected = (products.ridge(0.01, targets, row, label) for products in (independent, full))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_ridge_on_some_columns_and_padding(independent):
    row, at = np.array([1, 3]), np.array([[6, 0, 2], [4, 0, 0]])
    there = np.array([[True, True, True], [True, False, False]])
    target = np.random.default_rng(2).normal(size=(2, 3))
    full = FullProducts(independent.full())
    found, expected = (products.ridge_of_some(1.0, target, row, at, there) for products in (independent, full))
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert not found[~there].any()


def test_the_instance_is_added_to_both_kinds_alike(independent):
    scale, step = np.full(5, 0.5), np.ones((5, 7))
    diagonal = IndependentProducts.of(independent.variance)
    expected = FullProducts(diagonal.full()).plus(scale, step).full()
    np.testing.assert_array_equal(diagonal.plus(scale, step).full(), expected)
    some = np.array([4, 0, 4])
    np.testing.assert_array_equal(diagonal.plus(scale, step).take(some).full(), expected[some])
