"""A test that cannot run says so, and passes nowhere for having run."""

import pytest

from tests import lacking


def test_what_is_lacking_is_skipped_by_a_person_and_an_error_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(lacking.STRICT, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no disk"):
        lacking.lacking("no disk")
    monkeypatch.setenv(lacking.STRICT, "1")
    with pytest.raises(pytest.fail.Exception, match="no disk"):
        lacking.lacking("no disk")
