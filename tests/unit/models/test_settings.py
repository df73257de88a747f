"""The settings of a model."""

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.models.settings import ModelSettings


@pytest.mark.parametrize("settings", [{"kind": "oracle"}, {"class_weight": "heavy"}])
def test_settings_are_checked(settings):
    with pytest.raises(SparkLimeError):
        ModelSettings(**settings)


@pytest.mark.parametrize("kind", ["boosting", "linear"])
def test_rows_per_tree_are_refused_where_no_tree_draws_its_own(kind):
    with pytest.raises(SparkLimeError, match="Rows per tree is for random forests"):
        ModelSettings(kind=kind, rows_per_tree=10)


def test_a_tree_of_few_rows_needs_small_leaves():
    ModelSettings(rows_per_tree=10, min_samples_leaf=5)
    with pytest.raises(SparkLimeError, match="draws 9 rows cannot have two leaves of 5"):
        ModelSettings(rows_per_tree=9, min_samples_leaf=5)
