"""How well a model predicts rows, and whether another form of input clearly gives better predictions."""

import math

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.types import FloatArray, IntArray

CLEARLY = math.log(100)
"""One form of input is clearly better when it makes the targets a hundred times as likely."""

LEAST = 0.1
"""The least probability that counts for a class, and the least error that counts for a number, as a share of the
targets' standard deviation: a few rows that a model is sure about do not decide."""


def log_likelihood(predicted: FloatArray, dataset: Dataset, rows: IntArray) -> float:
    """Return the logarithm of how likely rows' targets are by a model's predictions.

    Parameters
    ----------
    predicted
        (n, K) probabilities, or (n, 1) values, whose errors are then taken as normally distributed.
    dataset, rows
        The table, and the (n,) positions of the rows.

    Returns
    -------
    float
        Up to a constant; minus infinity where the model has other classes.
    """
    if not len(rows):
        return 0.0
    target = dataset.target[rows]
    if dataset.class_names is None:
        error = float(np.sqrt(np.mean((predicted[:, 0] - target) ** 2)))
        least = LEAST * float(np.nanstd(dataset.target))
        return -len(rows) * math.log(max(error, least, np.finfo(np.float64).tiny))
    if predicted.shape[1] != len(dataset.class_names):
        return -math.inf
    shares = predicted[np.arange(len(rows)), target.astype(np.int64)]
    return float(np.log(np.maximum(shares, LEAST)).sum())


def clearly_better(one: float, other: float) -> bool:
    """Return whether one log-likelihood is larger than another by more than a few rows make it by chance."""
    return one - other > CLEARLY
