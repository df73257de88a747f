"""The sums of residuals, compiled and in numpy, give the same whole numbers."""

import numpy as np
import pytest

from sparklime_core.explain.sampled.binned_pool import bit_planes
from sparklime_core.explain.sampled.pool_profiles import residual_sums, scaled_weights


def problem(width, codes, size=3000):
    state = np.random.RandomState(width)
    kind = np.min_scalar_type(codes)
    positions = state.randint(0, codes, size=(width, size)).astype(kind)
    signatures = positions[:, :7].T.copy()
    signatures[5] = codes  # codes that were never drawn
    features = np.argsort(state.rand(7, width), axis=1)[:, :4].copy()
    features[2, 2:] = -1
    label = state.randint(0, 2, size=7)
    whole, units = scaled_weights(0.8 ** np.arange(width + 1), size)
    residuals = state.uniform(-1, 1, size=(2, size))
    return (
        positions,
        bit_planes(positions),
        np.full(width, codes),
        whole,
        residuals,
        signatures,
        label,
        features,
    ), units


@pytest.mark.parametrize(("width", "codes"), [(9, 1), (9, 2), (9, 4), (9, 12), (9, 13), (9, 300), (300, 4)])
def test_numba_and_numpy_give_the_same_numbers(width, codes, request):
    given, _units = problem(width, codes)
    compiled = residual_sums(*given)
    request.getfixturevalue("without_numba")
    plain = residual_sums(*given)
    for name in ("most", "totals", "by_place"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(compiled, name))
    assert plain.by_place.any()


def test_the_sums_are_those_of_the_weighted_residuals():
    given, units = problem(9, 4)
    positions, _, _, _, residuals, signatures, label, features = given
    found = residual_sums(*given)
    for pair in range(7):
        weight = 0.8 ** (positions != signatures[pair][:, None]).sum(axis=0)
        expected = np.bincount(positions[features[pair, 0]], weights=weight * residuals[label[pair]], minlength=4)
        np.testing.assert_allclose(
            found.by_place[found.starts[pair, 0] :][:4] * units[found.most[pair]], expected, atol=1e-4
        )
