"""Finished runs that tests of several packages look at."""

import pytest

from sparklime_core import load_sample, read_csv, train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import nasty_csv
from tests.finished_run import make_run

ROWS = 12


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def classes(store: RunStore) -> Run:
    dataset = load_sample("penguins")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS, "all", stability=3)


@pytest.fixture(scope="session")
def numbers(store: RunStore) -> Run:
    dataset = load_sample("diabetes")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS)


@pytest.fixture(scope="session")
def nasty(store: RunStore) -> Run:
    dataset = read_csv(nasty_csv(), "**target**", name="</title><script>alert(1)</script>")
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), ROWS)
