"""Each loop runs compiled where numba is there, and in numpy where it is not."""

from importlib import import_module

import pytest

from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.exact.expectations import fill_variance_sums_numpy, walk_numpy
from sparklime_core.explain.predict_function import add_answers_one_by_one
from sparklime_core.explain.products import fill_ridges_numpy, fill_ridges_of_some_numpy
from sparklime_core.explain.sampled.binned_pool import fill_sums_numpy
from sparklime_core.explain.sampled.pool_profiles import fill_residual_sums_numpy

LOOPS = [
    ("tree_walks", "walk_trees", walk_numpy),
    ("forest_answers", "add_answers", add_answers_one_by_one),
    ("pool_sums", "fill_sums", fill_sums_numpy),
    ("ridges", "fill_ridges", fill_ridges_numpy),
    ("ridges", "fill_ridges_of_some", fill_ridges_of_some_numpy),
    ("residual_sums", "fill_residual_sums", fill_residual_sums_numpy),
    ("agreement_sums", "fill_variance_sums", fill_variance_sums_numpy),
]


@pytest.mark.parametrize(("module", "name", "in_numpy"), LOOPS)
def test_numba_is_used_where_it_is(module, name, in_numpy):
    found = compiled_or_numpy(module, name, in_numpy)
    assert found is getattr(import_module(f"sparklime_core.explain.compiled.{module}"), name)


@pytest.mark.usefixtures("without_numba")
@pytest.mark.parametrize(("module", "name", "in_numpy"), LOOPS)
def test_numpy_takes_over_where_numba_is_missing(module, name, in_numpy):
    assert compiled_or_numpy(module, name, in_numpy) is in_numpy
