"""What a machine may lack for a test: said aloud on a person's machine, an error where everything must run."""

import os
from typing import NoReturn

import pytest

STRICT = "SPARKLIME_SKIP_NOTHING"
"""Set to 1 by ``.ci/run``."""


def lacking(what: str) -> NoReturn:
    """Skip the test for what the machine lacks, or fail it in CI."""
    if os.environ.get(STRICT) == "1":
        pytest.fail(what)
    pytest.skip(what)
