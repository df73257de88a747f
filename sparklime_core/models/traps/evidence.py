"""`Evidence`: samples of the rows that a model has and has not seen, with predictions; a `Trap` is found in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics as scores

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model, Positions

MOST_ROWS = 10_000
"""The most training rows, and the most test rows, that are looked at: a share of 0.5 is then known to 0.01."""

LEAST_ROWS = 20
"""With fewer training rows or test rows a score says too little."""


@dataclass(frozen=True)
class Trap:
    """One thing that should make a person stop.

    Attributes
    ----------
    sentence
        What was found, with the figures that were measured.
    column
        The table's column that it is about; leaving it out is the way out. None: it is about no single one.
    rows
        Positions of the rows that it is about, the first of them.
    settings
        Settings to train with in place of those of the model; None where others would not help.
    """

    sentence: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    settings: ModelSettings | None = None


@dataclass(frozen=True)
class Evidence:
    """A model, its table, and samples of the rows.

    Attributes
    ----------
    model, dataset
        The model, and the table that it was trained on or is measured on.
    seen, unseen
        Positions of rows that it has learnt from and of others. Of a model that was trained elsewhere this is not
        known: both are halves of the table's rows.
    """

    model: Model
    dataset: Dataset
    seen: Positions
    unseen: Positions

    @property
    def score_name(self) -> str:
        """What `score` is called."""
        return "R²" if self.dataset.class_names is None else "balanced accuracy"

    @property
    def is_split(self) -> bool:
        """Whether the rows that the model has learnt from are known."""
        return len(self.model.test_rows) > 0

    @property
    def can_score(self) -> bool:
        """Whether there are enough rows, of more than one target, for a score to say something."""
        enough = min(len(self.seen), len(self.unseen)) >= LEAST_ROWS
        return enough and bool(np.ptp(self.dataset.target[self.unseen]) > 0)

    @cached_property
    def predicted(self) -> npt.NDArray[Any]:
        """(u,) predicted classes or values of the unseen rows."""
        return self.predict(self.dataset.features[self.unseen])

    def predict(self, features: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return the predicted classes (codes) or values of encoded rows (r, d)."""
        predicted: npt.NDArray[Any] = np.asarray(self.model.predict_fn(features))
        return predicted if self.dataset.class_names is None else predicted.argmax(axis=1)

    def score(self, rows: Positions, predicted: npt.NDArray[Any]) -> float:
        """Return R², or the mean over the classes of the share that is predicted right; see `score_name`."""
        truth = self.dataset.target[rows]
        if self.dataset.class_names is None:
            return float(scores.r2_score(truth, predicted))
        return float(np.mean([(predicted[truth == label] == label).mean() for label in np.unique(truth)]))


def gather(model: Model, dataset: Dataset, seed: int = 0) -> Evidence:
    """Draw the samples; rows without a target, or with what the model has never seen, are left out."""
    usable = dataset.labelled & np.isfinite(dataset.features).all(axis=1)
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(usable)
    is_test = np.isin(rows, model.test_rows) if len(model.test_rows) else random.random(len(rows)) < 0.5
    return Evidence(model, dataset, _some(rows[~is_test], random), _some(rows[is_test], random))


def _some(rows: Positions, random: np.random.Generator) -> Positions:
    if len(rows) <= MOST_ROWS:
        return rows
    return np.sort(random.choice(rows, MOST_ROWS, replace=False))
