"""The exact versions of requirements.txt and the ranges of pyproject.toml are about the same packages."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RANGES = {
    one.name: one.specifier
    for text in [
        *PROJECT["dependencies"],
        *(
            text
            for extra in ("spark", "dashboard", "boosters", "mlflow", "shap", "signin")
            for text in PROJECT["optional-dependencies"][extra]
        ),
    ]
    if (one := Requirement(text)).name != "sparklime"
}
SMALLER = {"xgboost-cpu": "xgboost"}
"""Packages that stand for others here: the same module, without what only graphics cards need."""

LINES = (ROOT / "requirements.txt").read_text().splitlines()
PINS = [Requirement(line) for line in LINES if line and not line.startswith("#")]


def test_every_package_has_a_range_and_an_exact_version() -> None:
    assert {SMALLER.get(pin.name, pin.name) for pin in PINS} == set(RANGES)


def test_the_exact_versions_are_within_the_ranges() -> None:
    for pin in PINS:
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert RANGES[SMALLER.get(pin.name, pin.name)].contains(exact.version), pin
