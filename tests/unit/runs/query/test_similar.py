"""Rows with the same reasons, and rows with like values and other reasons, against a calculation by hand."""

import numpy as np
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.query.similar import NEIGHBOURS, other_reasons, same_reasons
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

ROWS = 40
CHOSEN = 3
"""A penguin that was not measured."""


def make(name: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    dataset = load_sample(name)
    model = train_forest(dataset, n_estimators=5)
    return make_run(RunStore(tmp_path_factory.mktemp("runs")), dataset, model, ROWS)


@pytest.fixture(scope="module")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make("penguins", tmp_path_factory)


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make("breast_cancer", tmp_path_factory)


@pytest.fixture(scope="module")
def regression(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make("diabetes", tmp_path_factory)


def explained(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (rows, features) and the label of each row."""
    names = run.manifest().data.features
    weights, labels = np.zeros((ROWS, len(names))), np.zeros(ROWS)
    for row in range(ROWS):
        (result,) = explanations_of(run, row)
        labels[row] = result["label"]
        for entry in result["explanation"]:
            weights[row, names.index(entry["feature"])] = entry["weight"]
    return weights, labels


@pytest.mark.parametrize(("name", "row"), [("penguins", CHOSEN), ("two_classes", 0), ("regression", 5)])
def test_the_same_reasons_are_the_nearest_weights_of_the_class(
    name: str, row: int, request: pytest.FixtureRequest
) -> None:
    run: Run = request.getfixturevalue(name)
    weights, labels = explained(run)

    found = same_reasons(run, row, limit=5)

    apart = np.linalg.norm(weights - weights[row], axis=1)
    others = [other for other in range(ROWS) if other != row and labels[other] == labels[row]]
    assert list(found["apart"]) == pytest.approx(sorted(apart[others])[:5], abs=1e-6)
    assert [apart[other] for other in found["row_id"]] == pytest.approx(list(found["apart"]), abs=1e-6)


@pytest.mark.parametrize(("name", "row"), [("two_classes", 0), ("regression", 5)])
def test_other_reasons_are_the_farthest_weights_among_like_values(
    name: str, row: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: Run = request.getfixturevalue(name)
    monkeypatch.setattr("sparklime_core.runs.query.similar.NEIGHBOURS", 12)
    weights, labels = explained(run)
    dataset = run.inputs().dataset

    found = other_reasons(run, row, limit=4)

    scaled = dataset.features / dataset.features.std(axis=0)
    far = np.linalg.norm(scaled[:ROWS] - scaled[row], axis=1)
    turned = np.where(labels == labels[row], 1.0, -1.0)[:, None] * weights
    apart = np.linalg.norm(turned - weights[row], axis=1)
    near = [other for other in np.argsort(far) if other != row][:12]
    assert list(found["apart"]) == pytest.approx(sorted(apart[near], reverse=True)[:4], abs=1e-6)
    assert [far[other] for other in found["row_id"]] == pytest.approx(list(found["far"]))


def test_gaps_and_categories_count_as_one_where_they_differ(penguins: Run) -> None:
    dataset = load_sample("penguins")
    _, labels = explained(penguins)

    found = other_reasons(penguins, CHOSEN, limit=ROWS)

    rows = dataset.features[:ROWS]
    same_class = {row for row in range(ROWS) if row != CHOSEN and labels[row] == labels[CHOSEN]}
    assert len(same_class) <= NEIGHBOURS
    assert set(found["row_id"]) == same_class
    for row, far in zip(found["row_id"], found["far"], strict=True):
        squares = 0.0
        for at, value in enumerate(rows[CHOSEN]):
            missing = dataset.missing_values.get(at)
            if at in dataset.categorical_features or missing in (value, rows[row, at]):
                squares += float(value != rows[row, at])
            else:
                column = dataset.features[:, at]
                spread = column[column != missing].std() if missing is not None else column.std()
                squares += ((value - rows[row, at]) / spread) ** 2
        assert far == pytest.approx(squares**0.5)


def test_a_row_without_an_explanation_is_like_no_other(penguins: Run) -> None:
    assert same_reasons(penguins, 300, limit=5).empty
    assert other_reasons(penguins, 300, limit=5).empty
