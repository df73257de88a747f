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
