"""The plan of a race."""

import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.errors import SettingsError
from sparklime_core.jobs.race import RacePlan


def test_lime_needs_time() -> None:
    with pytest.raises(SettingsError, match="seconds"):
        RacePlan("wine", load_sample("wine"), None, lime_seconds=0)
