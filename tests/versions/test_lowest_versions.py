"""The lowest versions that the ranges allow of everything: the tests without a JVM pass with them."""

from pathlib import Path

import pytest

from tests.versions.environments import ROOT, Environment, run

LOWEST = Environment("lowest", extras=("all", "dev"), lowest=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_unit_tests_pass_with_the_lowest_versions(tmp_path: Path) -> None:
    answer = run(LOWEST, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit", cwd=ROOT, home=tmp_path)

    assert " passed" in answer.splitlines()[-1]
