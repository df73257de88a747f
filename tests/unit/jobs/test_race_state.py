"""How far two contestants agree."""

import pytest

from sparklime_core.jobs.race_state import Agreement, agreement


def test_agreement_is_over_the_features_that_lime_chose() -> None:
    found = agreement([{"a": 1.0, "b": -0.5}, {"a": 0.25}], [{"a": 0.75, "c": 9.0}, {"a": 0.25}])

    assert found == Agreement(largest=0.5, mean=0.25, weight=pytest.approx(1.75 / 3), rows=2)


def test_rows_that_one_of_both_lacks_are_left_out() -> None:
    found = agreement([{"a": 1.0}, {}, {"a": 1.0}], [{"a": 1.0}, {"a": 5.0}, {}])

    assert found is not None
    assert (found.rows, found.largest) == (1, 0.0)
    assert agreement([{}], [{"a": 1.0}]) is None
