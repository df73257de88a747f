"""The sums of residuals, compiled and in numpy, give the same whole numbers."""

import numpy as np
import pytest

from sparklime_core.explain.profiles import sums
from sparklime_core.explain.sums_numba import fill_residual_sums


def problem(width, codes, size=3000):
    state = np.random.RandomState(width)
    kind = np.min_scalar_type(codes)
    positions = state.randint(0, codes, size=(width, size)).astype(kind)
    signatures = positions[:, :7].T.copy()
    signatures[5] = codes  # codes that were never drawn
    features = np.argsort(state.rand(7, width), axis=1)[:, :4].copy()
    features[2, 2:] = -1
    sizes = np.where(features >= 0, codes, 0)
    ends = np.cumsum(sizes).reshape(sizes.shape)
    query = sums.SumsQuery(signatures, state.randint(0, 2, size=7), features, ends - sizes, ends)
    whole, units = sums.scaled_weights(0.8 ** np.arange(width + 1), size)
    return positions, whole, state.uniform(-1, 1, size=(2, size)), query, units


@pytest.mark.parametrize(("width", "codes"), [(9, 1), (9, 2), (9, 4), (9, 12), (9, 13), (9, 300), (300, 4)])
def test_numba_and_numpy_give_the_same_numbers(width, codes, monkeypatch):
    *given, _units = problem(width, codes)
    monkeypatch.setattr(sums, "implementation", lambda: sums.fill_residual_sums_numpy)
    plain = sums.residual_sums(*given)
    monkeypatch.setattr(sums, "implementation", lambda: fill_residual_sums)
    compiled = sums.residual_sums(*given)
    for name in ("most", "totals", "by_place"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(compiled, name))
    assert plain.by_place.any()


def test_the_sums_are_those_of_the_weighted_residuals():
    positions, whole, residuals, query, units = problem(9, 4)
    found = sums.residual_sums(positions, whole, residuals, query)
    for pair in range(7):
        weight = 0.8 ** (positions != query.signatures[pair][:, None]).sum(axis=0)
        expected = np.bincount(
            positions[query.features[pair, 0]], weights=weight * residuals[query.label[pair]], minlength=4
        )
        at = slice(query.starts[pair, 0], query.ends[pair, 0])
        np.testing.assert_allclose(found.by_place[at] * units[found.most[pair]], expected, atol=1e-4)


def test_numba_is_used_where_it_is():
    assert sums.implementation() is fill_residual_sums
