import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparklime_core.explain.compiled.pool_sums import fill_sums
from sparklime_core.explain.sampled import binned_pool


def some_pool(seed, width, size, codes, labels, rows):
    rng = np.random.default_rng(seed)
    kind = np.min_scalar_type(codes)
    positions = rng.integers(0, codes, (width, size)).astype(kind)
    signatures = rng.integers(0, codes + 1, (rows, width)).astype(kind)
    whole, _ = binned_pool.whole_weights(rng.random(width + 1), size)
    planes = binned_pool.bit_planes(positions)
    return (
        positions,
        planes,
        signatures,
        whole,
        rng.uniform(-1, 1, (labels, size)),
        rng.random((rows, labels)) < 0.6,
    )


def arrays(found):
    return found.most, found.weight, found.zz, found.y, found.yy, found.zy


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(1, 9) | st.sampled_from([63, 64, 65, 130]),
    size=st.integers(1, 200),
    codes=st.integers(1, 5) | st.just(300),
    labels=st.integers(1, 3),
    rows=st.integers(1, 4),
)
def test_compiled_and_numpy_give_the_same_bits(seed, width, size, codes, labels, rows):
    pool = some_pool(seed, width, size, codes, labels, rows)
    compiled = binned_pool.weighted_sums(*pool)
    expected = [np.zeros_like(array) for array in arrays(compiled)]
    binned_pool.fill_sums_numpy(*pool, *expected)
    for mine, other in zip(arrays(compiled), expected, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_small_pool_by_hand():
    positions = np.array([[0, 0, 1], [2, 1, 2]], dtype=np.uint8)  # three samples of two features
    signature = np.array([[0, 2]], dtype=np.uint8)  # they agree in 2, 1 and 1 features
    whole = np.array([[9, 9, 9], [9, 9, 9], [1, 10, 100]], dtype=float)
    found = binned_pool.weighted_sums(
        positions,
        binned_pool.bit_planes(positions),
        signature,
        whole,
        np.array([[1.0, -0.5, 0.0]]),
        np.array([[True]]),
    )
    assert found.most[0] == 2
    assert found.weight[0] == 120
    np.testing.assert_array_equal(found.zz[0], [[110, 100], [100, 110]])
    assert (found.y[0, 0], found.yy[0, 0]) == (95, 102)  # -2.5 is rounded to the even 2
    np.testing.assert_array_equal(found.zy[0, :, 0], [95, 100])


@pytest.mark.parametrize("fill", [fill_sums, binned_pool.fill_sums_numpy])
def test_labels_that_are_not_wanted_stay_zero(fill):
    positions, planes, signatures, whole, labels, _ = some_pool(0, 3, 20, 2, 2, 2)
    wanted = np.array([[True, False], [False, False]])
    filled = [
        np.zeros(2, dtype=np.int64),
        np.zeros(2),
        np.zeros((2, 3, 3)),
        np.zeros((2, 2)),
        np.zeros((2, 2)),
        np.zeros((2, 3, 2)),
    ]
    fill(positions, planes, signatures, whole, labels, wanted, *filled)
    for of_labels in filled[3:]:
        assert not np.moveaxis(of_labels, -1, 1)[~wanted].any()
    assert filled[4][0, 0] > 0
