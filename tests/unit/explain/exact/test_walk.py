"""The compiled walk and the one in numpy give the same bits."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier

from sparklime_core.explain.exact import walk
from sparklime_core.explain.exact.columns import read_columns
from sparklime_core.explain.exact.kernel import kernel_factor
from sparklime_core.explain.exact.read_ensemble import read_ensemble
from sparklime_core.explain.exact.splits import compile_trees
from sparklime_core.explain.exact.walk_numba import walk_trees

WANTED = np.array([[True, True, True], [False, True, False], [False, False, False], [True, False, True]])


@pytest.fixture(scope="module", params=["quartile", "decile"])
def trees(request):
    rows, target = load_wine(return_X_y=True)
    model = ExtraTreesClassifier(20, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, discretizer=request.param, random_state=0)
    ensemble = read_ensemble(model.predict_proba, "classification")
    return compile_trees(ensemble, read_columns(explainer), kernel_factor(explainer))


@pytest.mark.parametrize("rows", [1, 4, 300])
def test_numba_and_numpy_give_the_same_bits(trees, rows):
    codes = np.random.RandomState(rows).randint(0, np.diff(trees.starts), size=(rows, 13))
    wanted = np.resize(WANTED, (rows, 3))
    order = np.argsort(~wanted, axis=1, kind="stable")
    pair = np.take_along_axis(np.where(wanted, np.cumsum(wanted).reshape(wanted.shape) - 1, -1), order, axis=1)
    found = []
    for way in (walk.walk_numpy, walk_trees):
        mean, pull = np.zeros(wanted.sum()), np.zeros((wanted.sum(), len(trees.frequency)))
        way(trees, codes, order, pair, mean, pull)
        found.append((mean, pull))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert found[0][1].any()


def test_numba_is_used_where_it_is():
    assert walk.implementation() is walk_trees
