"""Codes are looked up once in a block, and never taken from another one."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core.explain.vocabulary import codes_kept, codes_of

TABLE = np.random.RandomState(0).normal(size=(40, 3))


@pytest.fixture
def explainer():
    return LimeTabularExplainer(TABLE, random_state=0)


def test_in_a_block_the_same_rows_are_looked_up_once(explainer):
    with codes_kept():
        first = codes_of(explainer, TABLE[:5])
        assert codes_of(explainer, TABLE[:5].copy()) is first
        other = codes_of(explainer, TABLE[5:10])
    np.testing.assert_array_equal(other, codes_of(explainer, TABLE[5:10]))


def test_another_explainer_has_codes_of_its_own(explainer):
    twice = LimeTabularExplainer(2 * TABLE + 1, random_state=0)
    with codes_kept():
        one, two = codes_of(explainer, TABLE[:5]), codes_of(twice, TABLE[:5])
    np.testing.assert_array_equal(two, codes_of(twice, TABLE[:5]))
    assert (one != two).any()


def test_nothing_is_kept_after_a_block(explainer):
    with codes_kept():
        before = codes_of(explainer, TABLE[:5])
    explainer.discretizer.lambdas[0] = lambda values: np.full(len(values), 2)
    assert codes_of(explainer, TABLE[:5])[:, 0].tolist() == [2] * 5
    assert before[:, 0].tolist() != [2] * 5
