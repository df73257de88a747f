"""The nearest changes of a run's rows, in the table's own words."""

import numpy as np
import pytest

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.explain.nearest_changes import Wanted
from sparklime_core.jobs.nearest_changes import NearestChanges
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.query.export import csv_bytes


@pytest.fixture(scope="module")
def search() -> NearestChanges:
    """A model that says yes to large sums in May, whatever the colour is."""
    random = np.random.default_rng(0)
    lines = ["sum,colour,day,answer"]
    for _ in range(400):
        amount, month = random.integers(1, 100), random.integers(1, 13)
        said = "yes" if amount > 50 else "no"
        lines.append(f"{amount},{random.choice(['=red', 'blue'])},2020-{month:02}-03,{said}")
    dataset = read_csv("\n".join(lines).encode(), "answer")
    model = train_with(dataset, ModelSettings(n_estimators=10))
    everything = np.arange(dataset.rows)
    return NearestChanges.of(Inputs(dataset, model.estimator, model.test_rows, everything))


def row_that_says(search: NearestChanges, label: str) -> int:
    names = search.inputs.dataset.class_names
    return int(np.flatnonzero(search.inputs.dataset.target == names.index(label))[0])


def test_a_change_is_said_in_the_tables_own_words(search: NearestChanges) -> None:
    row = row_that_says(search, "no")
    change = search.find(row, Wanted())[0]
    ((name, before, after),) = search.words(row, change)
    assert (name, before) == ("sum", search.inputs.dataset.values_of(row)["sum"])
    assert 49 <= float(after) <= 53
    assert search.prediction_text(change.predicted).startswith("yes (0.")


def test_parts_of_a_date_stay_unless_they_are_freed(search: NearestChanges) -> None:
    assert set(search.usually_locked) == {"day (month)", "day (weekday)"}
    locked = ("sum", *search.usually_locked)
    assert search.find(row_that_says(search, "no"), Wanted(), locked) == []


def test_many_rows_are_a_table_that_no_spreadsheet_runs(search: NearestChanges) -> None:
    rows = [row_that_says(search, "yes"), row_that_says(search, "no")]
    table = search.table(rows, Wanted(label=search.inputs.dataset.class_names.index("yes")))
    first, second = table.to_pylist()
    assert (first["row"], first["change"], first["now"].split()[0]) == (rows[0], None, "yes")
    assert second["change"].startswith("sum: ")
    assert second["changed"] == 1
    assert b",=" not in csv_bytes(table)
    assert search.table(rows, Wanted(), ["sum", "colour", *search.usually_locked])["change"].null_count == 2
