import sys

import pytest

from sparklime_core.explain.compiled import compiled_or_numpy

COMPILED = "agreement_sums", "forest_answers", "pool_sums", "residual_sums", "ridges", "tree_walks"


@pytest.fixture
def without_numba(monkeypatch):
    """Let every loop run in numpy, as where numba is missing."""
    for module in COMPILED:
        monkeypatch.setitem(sys.modules, f"sparklime_core.explain.compiled.{module}", None)
    compiled_or_numpy.cache_clear()
    yield
    compiled_or_numpy.cache_clear()
