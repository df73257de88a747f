import numpy as np
import pytest

from sparklime_core.explain.stability_metrics import PoolFits, feature_figures, pair_figures, sampling_error
from sparklime_core.explain.surrogate import Surrogates


def fit_of(features, weights):
    """Return the surrogate of one pair."""
    empty = np.zeros(1)
    return Surrogates(np.array([features]), np.array([weights]), empty, empty, empty)


def runs_of(*fits, errors=0.1, truth=None, width=4):
    spreads = [np.full(fit.features.shape, errors) for fit in fits]
    return PoolFits.of(fits, spreads, truth, width)


THREE = [fit_of([0, 1], [3.0, 1.0]), fit_of([0, 2], [3.2, -1.0]), fit_of([1, 0], [4.0, 2.0])]


def test_figures_of_features():
    found = feature_figures(runs_of(*THREE), top=1)
    np.testing.assert_array_equal(found.known[0], [True, True, True, False])
    np.testing.assert_allclose(found.chosen[0], [1, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(found.top[0], [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(found.mean[0], [8.2 / 3, 2.5, -1, np.nan])
    np.testing.assert_allclose(found.std[0], [np.std([3, 3.2, 2], ddof=1), np.std([1, 4], ddof=1), np.nan, np.nan])
    np.testing.assert_allclose(found.sign_agreement[0], [1, 1, 1, np.nan])
    assert np.isnan(found.exact).all()


def test_signs_that_differ():
    signs = [fit_of([0], [w]) for w in (1.0, -1.0, 2.0, 3.0, 0.0)]
    assert feature_figures(runs_of(*signs), top=1).sign_agreement[0, 0] == pytest.approx(3 / 5)


def test_indices_of_visani_by_hand():
    # Shared features of the pairs: 1, 2 and 1 of 2. Intervals reach 0.392 between two weights: those of feature 0
    # overlap in one pair of three, those of feature 1 not in its only one; feature 2 was never chosen twice.
    vsi, csi, _ = pair_figures(runs_of(*THREE), top=1)
    assert vsi[0] == pytest.approx(100 * (1 + 2 + 1) / 6)
    assert csi[0] == pytest.approx(100 * (1 / 3 + 0) / 2)


def test_jaccard_of_the_top_features():
    *_, of_one = pair_figures(runs_of(*THREE), top=1)
    *_, of_two = pair_figures(runs_of(*THREE), top=2)
    assert of_one[0] == pytest.approx((1 + 0 + 0) / 3)
    assert of_two[0] == pytest.approx((1 / 3 + 1 + 1 / 3) / 3)


def test_runs_that_agree_are_perfectly_stable():
    vsi, csi, jaccard = pair_figures(runs_of(THREE[0], THREE[0], errors=0.0), top=2)
    assert (vsi[0], csi[0], jaccard[0]) == (100, 100, 1)


def test_runs_that_share_nothing():
    vsi, csi, jaccard = pair_figures(runs_of(fit_of([0], [1.0]), fit_of([1], [1.0])), top=1)
    assert (vsi[0], jaccard[0]) == (0, 0)
    assert np.isnan(csi[0])


def test_explanations_of_different_lengths_are_compared_by_the_longer():
    vsi, _, _ = pair_figures(runs_of(fit_of([0, 1, 2], [3.0, 2, 1]), fit_of([0, -1, -1], [3.0, 0, 0])), top=1)
    assert vsi[0] == pytest.approx(100 / 3)


def test_sampling_error_counts_what_a_run_left_out():
    truth = fit_of([0, 1], [3.0, 1.5])
    rmse, largest = sampling_error(runs_of(*THREE[:2], truth=truth))
    assert rmse[0] == pytest.approx(np.sqrt((0 + 0.5**2 + 0.2**2 + 1.5**2) / 4))
    assert largest[0] == pytest.approx((0.5 + 1.5) / 2)
    found = feature_figures(runs_of(*THREE[:1], truth=fit_of([3], [9.0])), top=1)
    assert found.known[0, 3]
    assert found.exact[0, 3] == 9


def test_no_sampling_error_without_exact_weights():
    for figure in sampling_error(runs_of(*THREE)):
        assert np.isnan(figure).all()
