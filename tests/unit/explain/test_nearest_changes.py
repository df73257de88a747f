"""The nearest changes: right where they can be reckoned by hand, sparse, observed, and the model's own."""

import numpy as np
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.errors import SettingsError
from sparklime_core.explain.nearest_changes import ChangeSearch, Observed, Wanted, observe
from sparklime_core.models.train import train_forest

GRID = observe(np.arange(101) / 10, is_category=False, gap=None)
CODES = observe(np.array([0.0, 1.0, 2.0, 1.0]), is_category=True, gap=None)


def classes(score):
    """A model of two classes: the second where a score of the rows is above 0."""

    def predict(rows):
        high = np.where(score(rows) > 0, 0.8, 0.2) + 0.01 * np.tanh(score(rows))
        return np.column_stack([1 - high, high])

    return predict


def test_the_smallest_observed_number_that_turns_the_model_is_found():
    search = ChangeSearch(classes(lambda rows: rows[:, 0] - 6.75), [GRID, GRID])
    (change,) = search.find(np.array([2.0, 3.0]), Wanted())
    assert change.features == (0,)
    assert change.values == (6.8,)
    assert change.distance == pytest.approx(4.8 / GRID.scale)
    assert change.predicted.argmax() == 1


def test_a_category_is_one_change_and_comes_as_it_is():
    search = ChangeSearch(classes(lambda rows: (rows[:, 1] == 2) - 0.5), [GRID, CODES])
    (change,) = search.find(np.array([2.0, 0.0]), Wanted(label=1))
    assert (change.features, change.values, change.distance) == ((1,), (2.0,), 1.0)


def test_two_features_are_changed_where_one_does_not_do():
    search = ChangeSearch(classes(lambda rows: np.minimum(rows[:, 0], rows[:, 2]) - 7), [GRID, GRID, GRID])
    (change,) = search.find(np.array([2.0, 3.0, 3.0]), Wanted(), most=1)
    assert change.features == (0, 2)
    assert change.values == (7.1, 7.1)


def test_three_features_are_changed_where_two_do_not_do():
    search = ChangeSearch(classes(lambda rows: rows.min(axis=1) - 7), [GRID] * 3)
    (change,) = search.find(np.array([2.0, 3.0, 4.0]), Wanted())
    assert change.features == (0, 1, 2)


def test_the_sparsest_comes_first_and_then_the_nearest():
    search = ChangeSearch(classes(lambda rows: rows[:, 0] + 2 * rows[:, 1] + 3 * rows[:, 2] - 25), [GRID] * 3)
    found = search.find(np.array([3.0, 3.0, 3.0]), Wanted())
    assert [len(change.features) for change in found] == sorted(len(change.features) for change in found)
    assert found[0].features == (2,)
    assert found[0].distance < found[1].distance


def test_what_is_locked_stays():
    search = ChangeSearch(classes(lambda rows: rows[:, 0] + rows[:, 1] - 12), [GRID] * 2, frozenset({0}))
    (change,) = search.find(np.array([5.0, 5.0]), Wanted())
    assert change.features == (1,)
    assert (
        ChangeSearch(classes(lambda rows: rows[:, 0] - 7), [GRID] * 2, frozenset({0})).find(
            np.array([5.0, 5.0]), Wanted()
        )
        == []
    )


@pytest.mark.parametrize(
    ("wanted", "value"), [(Wanted(above=12.0), 7.1), (Wanted(below=6.0), 0.9), (Wanted(above=9.0), None)]
)
def test_a_value_goes_beyond_a_bound(wanted, value):
    search = ChangeSearch(lambda rows: rows.sum(axis=1, keepdims=True), [GRID, GRID], frozenset({1}))
    found = search.find(np.array([5.0, 5.0]), wanted)
    assert [change.values[0] for change in found] == ([] if value is None else [value])


def test_one_thing_is_wanted():
    with pytest.raises(SettingsError, match="Choose one"):
        Wanted(above=1.0, below=0.0)


def test_gaps_are_no_values_to_change_to():
    observed = observe(np.array([-99.0, 1.0, 2.0, 3.0, np.nan]), is_category=False, gap=-99.0)
    assert observed.values.tolist() == [1.0, 2.0, 3.0]
    assert observed.scale == 1.0
    assert observe(np.array([4.0, 4.0, 9.0, 4.0, 4.0]), is_category=False, gap=None).scale == 5.0


@pytest.mark.parametrize("name", ["breast_cancer", "penguins"])
def test_a_forest_itself_says_so_and_no_smaller_number_would_do(name):
    dataset = load_sample(name)
    model = train_forest(dataset, n_estimators=10)
    observed: list[Observed] = [
        observe(dataset.features[:, at], feature.categories is not None, feature.missing)
        for at, feature in enumerate(dataset.encoding.features)
    ]
    search = ChangeSearch(model.predict_fn, observed)
    some = 0
    for row in dataset.features[::40]:
        before = model.predict_fn(row[None])[0].argmax()
        for change in search.find(row, Wanted(), most=3):
            some += 1
            changed = row.copy()
            changed[list(change.features)] = change.values
            np.testing.assert_array_equal(model.predict_fn(changed[None])[0], change.predicted)
            assert change.predicted.argmax() != before
            assert 1 <= len(change.features) <= 3
            for at, value in zip(change.features, change.values, strict=True):
                assert value in observed[at].values
                assert value != row[at]
    assert some > 5
