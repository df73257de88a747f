"""The problems that the contestants are timed on: a table, a forest, a lime explainer and rows to explain."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.ensemble import RandomForestClassifier

NUM_SAMPLES = 5000
TEN_CLASSES = 10

NOISE = 4
"""A feature of a row to explain is off its training row's by a normal of the feature's spread over this."""


@dataclass(frozen=True)
class Problem:
    """One setting of what costs may grow with."""

    name: str
    features: int = 30
    trees: int = 100
    max_depth: int | None = 6
    classes: int = 2
    num_features: int = 10
    training_rows: int = 5000

    @cached_property
    def table(self):
        """Return the training rows and classes."""
        if self.name == BREAST_CANCER.name:
            return load_breast_cancer(return_X_y=True)
        informative = min(self.features, max(5, self.features // 2))
        return make_classification(
            self.training_rows,
            self.features,
            n_informative=informative,
            n_redundant=0,
            n_classes=self.classes,
            n_clusters_per_class=1,
            flip_y=0.05,
            random_state=0,
        )

    @cached_property
    def model(self):
        """Return the forest, which predicts in one thread."""
        forest = RandomForestClassifier(self.trees, max_depth=self.max_depth, random_state=0, n_jobs=-1)
        forest.fit(*self.table)
        forest.n_jobs = 1
        return forest

    @cached_property
    def explainer(self):
        """Return lime's explainer with lime's defaults."""
        return LimeTabularExplainer(self.table[0], random_state=0)

    def rows(self, count, lap=0):
        """Return rows to explain, (count, d): around training rows, no two alike; each lap has others."""
        table = self.table[0]
        state = np.random.RandomState(lap)
        noise = state.normal(size=(count, table.shape[1])) * table.std(axis=0) / NOISE
        return np.ascontiguousarray(table[state.randint(0, len(table), count)] + noise)

    @property
    def splits(self):
        """Return how many splits the forest has."""
        return sum(int((tree.tree_.children_left >= 0).sum()) for tree in self.model.estimators_)

    @property
    def depth(self):
        """Return the depth of the deepest tree."""
        return max(tree.get_depth() for tree in self.model.estimators_)


BREAST_CANCER = Problem("breast cancer", features=30, max_depth=None, training_rows=569)
BASE = Problem("base")
DEEP = Problem("deep forest", max_depth=None, training_rows=50_000)

GROWTH = {
    "features": [Problem(f"d = {d}", features=d) for d in (8, 14, 30, 60)],
    "trees": [Problem(f"{trees} trees", trees=trees) for trees in (50, 100, 200, 500)],
    "depth": [Problem(f"depth {depth or 'free'}", max_depth=depth) for depth in (3, 6, 12, None)],
    "classes": [
        Problem(f"K = {classes}, top {top}", classes=classes, num_features=top)
        for classes in (2, TEN_CLASSES)
        for top in (10, 5)
    ],
}
"""One thing is varied at a time; the rest is `BASE`."""
