import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.lime_base import LimeBase
from sklearn.linear_model import Ridge

from sparklime_core.errors import EngineError
from sparklime_core.explain.moments import Moments, centred, with_instance
from sparklime_core.explain.products import FullProducts, matrix_of
from sparklime_core.explain.surrogate import METHODS, check_selection, fit_surrogates, standard_errors


def moments_of(z, y, weights):
    """Moments of one neighbourhood whose first sample is the instance, by way of the others' plain sums."""
    others, labels, w = z[1:], y[1:], weights[1:]
    pool = centred(
        len(z),
        np.array([w.sum()]),
        (w @ others)[None],
        (others.T @ (others * w[:, None]))[None],
        (w @ labels)[None],
        (w @ labels**2)[None],
        (others.T @ (labels * w[:, None]))[None],
        z[:1],
    )
    return with_instance(pool, weights[0], y[:1])


def neighbourhood(seed, size, width, labels, binary):
    rng = np.random.default_rng(seed)
    if binary:
        z = (rng.random((size, width)) < rng.uniform(0.1, 0.9, width)).astype(float)
        z[0] = 1
    else:
        z = rng.normal(size=(size, width))
    y = z @ rng.normal(size=(width, labels)) + rng.normal(size=(size, labels))
    distance = np.sqrt(((z - z[0]) ** 2).sum(axis=1))
    return z, y, distance


def kernel(distance):
    return np.exp(-(distance**2) / 10)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(60, 300),
    width=st.integers(1, 9),
    labels=st.integers(1, 3),
    binary=st.booleans(),
    method=st.sampled_from(["auto", *METHODS]),
    num_features=st.integers(1, 11),
)
def test_it_is_what_lime_fits_to_the_samples(seed, size, width, labels, binary, method, num_features):
    z, y, distance = neighbourhood(seed, size, width, labels, binary)
    moments = moments_of(z, y, kernel(distance))
    found = fit_surrogates(moments, np.ones((1, labels), dtype=bool), num_features, method)
    for label in range(labels):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            intercept, terms, score, local = LimeBase(kernel).explain_instance_with_data(
                z, y, distance, label, num_features, method
            )
        count = len(terms)
        assert found.features[label][:count].tolist() == [feature for feature, _ in terms]
        assert (found.features[label][count:] == -1).all()
        assert (found.weights[label][count:] == 0).all()
        mine = [*found.weights[label][:count], found.intercept[label], found.score[label]]
        np.testing.assert_allclose(mine, [*(weight for _, weight in terms), intercept, score], atol=1e-8)
        assert found.local_prediction[label] == pytest.approx(local[0], abs=1e-8)


def stack(parts: list[Moments]) -> Moments:
    names = ["weight", "z_mean", "y_mean", "y_var", "zy_cov", "z_instance"]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    products = FullProducts.of(np.stack([matrix_of(part.z_cov, 0) for part in parts]))
    return Moments(parts[0].size, z_cov=products, **arrays)


@pytest.mark.parametrize("method", list(METHODS))
def test_a_pair_has_the_same_bits_whatever_pairs_are_beside_it(method):
    parts = []
    for seed in range(40):
        z, y, distance = neighbourhood(seed, 100, 7, 3, True)
        parts.append(moments_of(z, y, kernel(distance)))
    everything = np.ones((40, 3), dtype=bool)
    together = fit_surrogates(stack(parts), everything, 3, method)
    for at in (0, 17, 39):
        one_label = np.zeros((1, 3), dtype=bool)
        one_label[0, 1] = True
        alone = fit_surrogates(parts[at], one_label, 3, method)
        for name in ("features", "weights", "intercept", "score", "local_prediction"):
            np.testing.assert_array_equal(getattr(together, name)[3 * at + 1], getattr(alone, name)[0])


def test_moments_that_repeat_are_taken_by_index():
    parts = [moments_of(*neighbourhood(seed, 50, 3, 2, True)) for seed in range(2)]
    taken = stack(parts).take(np.array([1, 0, 1]))
    for at, part in enumerate((1, 0, 1)):
        np.testing.assert_array_equal(matrix_of(taken.z_cov, at), matrix_of(parts[part].z_cov, 0))
    assert taken.size == 50


def test_constant_labels_fit_perfectly_with_no_weights():
    z, y, distance = neighbourhood(0, 50, 4, 1, True)
    found = fit_surrogates(
        moments_of(z, np.zeros_like(y), kernel(distance)), np.ones((1, 1), dtype=bool), 2, "auto"
    )
    assert found.score[0] == 1
    assert not found.weights.any()


def test_constant_columns_are_chosen_last():
    z, y, distance = neighbourhood(0, 200, 5, 1, True)
    z[:, [0, 2]] = 1
    found = fit_surrogates(moments_of(z, y, kernel(distance)), np.ones((1, 1), dtype=bool), 3, "forward_selection")
    assert set(found.features[0]) == {1, 3, 4}


def test_weights_that_are_all_zero_are_an_error():
    z, y, _ = neighbourhood(0, 50, 4, 1, True)
    with pytest.raises(EngineError, match="every sample the weight 0"):
        moments_of(z, y, np.zeros(50))


def test_a_method_that_lime_does_not_have_is_refused():
    with pytest.raises(EngineError, match="'best'; lime knows auto, highest_weights"):
        check_selection("best")
    check_selection("auto")


def test_standard_errors_are_those_of_ridge_regression():
    z, y, distance = neighbourhood(1, 400, 5, 1, False)
    w = kernel(distance)
    moments, wanted = moments_of(z, y, w), np.ones((1, 1), dtype=bool)
    fitted = fit_surrogates(moments, wanted, 3, "highest_weights")
    x = z[:, fitted.features[0]]
    model = Ridge(alpha=1).fit(x, y[:, 0], sample_weight=w)
    centred_x = x - np.average(x, axis=0, weights=w)
    products = centred_x.T @ (centred_x * w[:, None])
    inverse = np.linalg.inv(products + np.eye(3))
    spread = (w * (y[:, 0] - model.predict(x)) ** 2).sum() / (400 - 3)
    expected = np.sqrt(np.diag(spread * inverse @ products @ inverse))
    np.testing.assert_allclose(standard_errors(moments, wanted, fitted)[0], expected, rtol=1e-8)
