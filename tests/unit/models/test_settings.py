"""The settings of a model."""

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.models.settings import ModelSettings


@pytest.mark.parametrize("settings", [{"kind": "oracle"}, {"class_weight": "heavy"}])
def test_settings_are_checked(settings):
    with pytest.raises(SparkLimeError):
        ModelSettings(**settings)
