"""Ridges are those of the matrix, compiled and in numpy; independent columns have the ridges of theirs."""

import numpy as np
import pytest

from sparklime_core.explain import products
from sparklime_core.explain.products import FullProducts, IndependentProducts, matrix_of

ALPHA = 0.01


def matrices(found, neighbourhoods):
    return np.stack([matrix_of(found, at) for at in range(neighbourhoods)])


@pytest.fixture
def independent():
    rng = np.random.default_rng(0)
    variance = rng.uniform(0, 900, (5, 7))
    variance[0, 2] = 0.0  # a column that is constant but for the instance
    return IndependentProducts.of(variance).plus(rng.random(5), rng.normal(size=(5, 7)))


def test_a_ridge_on_all_columns(independent):
    targets = np.random.default_rng(1).normal(size=(5, 7, 3))
    row, label = np.array([0, 0, 3, 4]), np.array([0, 2, 1, 1])
    full = FullProducts.of(matrices(independent, 5))
    found, expected = (products.ridge(0.01, targets, row, label) for products in (independent, full))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_ridge_on_some_columns_and_padding(independent):
    row, at = np.array([1, 3]), np.array([[6, 0, 2], [4, 0, 0]])
    there = np.array([[True, True, True], [True, False, False]])
    target = np.random.default_rng(2).normal(size=(2, 3))
    full = FullProducts.of(matrices(independent, 5))
    found, expected = (products.ridge_of_some(1.0, target, row, at, there) for products in (independent, full))
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert not found[~there].any()


def test_the_instance_is_added_to_both_kinds_alike(independent):
    scale, step = np.full(5, 0.5), np.ones((5, 7))
    diagonal = IndependentProducts.of(independent.variance)
    expected = matrices(FullProducts.of(matrices(diagonal, 5)).plus(scale, step), 5)
    np.testing.assert_array_equal(matrices(diagonal.plus(scale, step), 5), expected)
    some = np.array([4, 0, 4])
    np.testing.assert_array_equal(matrices(diagonal.plus(scale, step).take(some), 3), expected[some])


def full_products(width, neighbourhoods=40):
    rng = np.random.default_rng(width)
    columns = (rng.random((neighbourhoods, width, 3 * width)) < 0.3).astype(float)
    sums = columns.sum(axis=2)
    found = FullProducts.centred(columns @ columns.transpose(0, 2, 1), sums, sums / (3 * width))
    return found.plus(rng.random(neighbourhoods), 1 - sums / (3 * width))


@pytest.fixture(params=["compiled", "in numpy"])
def ridges(request):
    if request.param == "in numpy":
        request.getfixturevalue("without_numba")


@pytest.mark.usefixtures("ridges")
@pytest.mark.parametrize("width", [1, 2, 9, 64, 65])
def test_ridges_solve_the_matrices(width):
    found = full_products(width)
    targets = np.random.default_rng(0).normal(size=(40, width, 3))
    row, label = np.nonzero(np.random.default_rng(1).random((40, 3)) < 0.5)
    expected = np.linalg.solve(
        (matrices(found, 40) + ALPHA * np.eye(width))[row], targets[row, :, label][:, :, None]
    )[:, :, 0]
    np.testing.assert_allclose(found.ridge(ALPHA, targets, row, label), expected, rtol=1e-9, atol=1e-12)
    at = np.tile(np.arange(width)[::-1], (len(row), 1))
    there = np.ones(at.shape, dtype=np.bool_)
    of_some = found.ridge_of_some(ALPHA, targets[row, :, label][:, ::-1], row, at, there)
    np.testing.assert_allclose(of_some, expected[:, ::-1], rtol=1e-9, atol=1e-12)


def test_ridges_have_the_same_bits_compiled_and_in_numpy(monkeypatch):
    found = full_products(30)
    rng = np.random.default_rng(2)
    row, label = np.nonzero(rng.random((40, 3)) < 0.5)
    at = np.argsort(rng.random((len(row), 30)), axis=1)[:, :10]
    there = np.arange(10) < rng.integers(1, 11, (len(row), 1))
    asked = [
        lambda: found.ridge(ALPHA, np.random.default_rng(3).normal(size=(40, 30, 3)), row, label),
        lambda: found.ridge_of_some(1.0, np.random.default_rng(4).normal(size=at.shape), row, at, there),
    ]
    compiled = [ask() for ask in asked]
    monkeypatch.setattr(products, "compiled_or_numpy", lambda _module, _name, in_numpy: in_numpy)
    for one, ask in zip(compiled, asked, strict=True):
        np.testing.assert_array_equal(one, ask())


def test_the_bits_of_a_pair_are_its_own():
    found = full_products(12)
    targets = np.random.default_rng(5).normal(size=(40, 12, 2))
    row, label = np.repeat(np.arange(40), 2), np.tile([0, 1], 40)
    together = found.ridge(ALPHA, targets, row, label)
    for at in (0, 33, 79):
        alone = found.take(row[[at]]).ridge(ALPHA, targets[row[[at]]], np.zeros(1, dtype=np.int64), label[[at]])
        np.testing.assert_array_equal(alone[0], together[at])
