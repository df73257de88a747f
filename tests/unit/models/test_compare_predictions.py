"""How likely targets are by a model's predictions, and whether one way of asking is clearly better."""

import numpy as np
import pytest

from sparklime_core.models.compare_predictions import LEAST, clearly_better, log_likelihood


def of_shares(dataset, shares):
    """The log-likelihood of as many rows as there are shares of their own class."""
    rows = np.arange(len(shares))
    predicted = np.full((len(rows), len(dataset.class_names)), 0.0)
    predicted[rows, dataset.target[rows].astype(int)] = shares
    return log_likelihood(predicted, dataset, rows)


def test_classes_are_as_likely_as_their_probabilities(penguins):
    assert of_shares(penguins, [0.5, 0.25]) == pytest.approx(np.log(0.125))
    assert of_shares(penguins, [0.0]) == pytest.approx(np.log(LEAST))
    assert log_likelihood(np.ones((2, 2)), penguins, np.arange(2)) == -np.inf


def test_numbers_are_more_likely_the_smaller_the_errors(diabetes):
    rows = np.arange(10)
    right = diabetes.target[rows][:, None]
    spread = float(np.std(diabetes.target))
    far, near, exact = (log_likelihood(right + error * spread, diabetes, rows) for error in (1.0, 0.1, 0.0))
    assert near - far == pytest.approx(10 * np.log(10))
    assert exact == pytest.approx(-10 * np.log(LEAST * spread))


def test_few_rows_are_better_by_chance(penguins):
    sure, unsure, wrong = (of_shares(penguins, shares) for shares in ([1.0, 1.0], [0.8, 0.9], [0.0, 0.0]))
    assert not clearly_better(sure, unsure)
    assert not clearly_better(sure, wrong)
    assert clearly_better(of_shares(penguins, [0.9] * 20), of_shares(penguins, [0.5] * 20))
    assert not clearly_better(of_shares(penguins, [0.5] * 20), of_shares(penguins, [0.9] * 20))
