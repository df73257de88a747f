"""The samples that models are trained on."""

import pytest

from sparklime_core import load_sample


@pytest.fixture(scope="module")
def penguins():
    return load_sample("penguins")


@pytest.fixture(scope="module")
def diabetes():
    return load_sample("diabetes")
