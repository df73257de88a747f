"""lime called directly under the seed contract, tables to call it on, and what it means to agree with it."""

import warnings
from dataclasses import dataclass

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier

from tests.parity.recorded import Said

TOLERANCE = 1e-6
SIZE = 300


@dataclass(frozen=True)
class Answer:
    """What lime says of one (row, label)."""

    terms: list[tuple[str, float]]
    intercept: float
    score: float
    local_prediction: float

    def said(self) -> Said:
        """Return it as it is recorded."""
        weights = [weight for _, weight in self.terms]
        return Said(
            [text for text, _ in self.terms], [*weights, self.intercept, self.score, self.local_prediction]
        )

    @classmethod
    def of(cls, said: Said) -> "Answer":
        """Return what is recorded as an answer."""
        *weights, intercept, score, local_prediction = said.figures
        return cls(list(zip(said.texts, weights, strict=True)), intercept, score, local_prediction)


def ask_lime(explainer, predict_fn, row, label, *, num_features, num_samples, seed=0):
    """Call ``explain_instance`` with one random state, made anew, in all parts of the explainer."""
    state = np.random.RandomState(seed)
    explainer.random_state = explainer.base.random_state = state
    if explainer.discretizer is not None:
        explainer.discretizer.random_state = state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.explain_instance(
            row, predict_fn, labels=(label,), num_features=num_features, num_samples=num_samples
        )
    key = 1 if explainer.mode == "regression" else label
    return Answer(
        found.as_list(label=label), float(found.intercept[key]), float(found.score), float(found.local_pred[0])
    )


def as_answer(result):
    """Return a row of the public schema as an `Answer`."""
    assert result["error"] is None, result["error"]
    terms = [(term["feature_explanation"], term["weight"]) for term in result["explanation"]]
    return Answer(terms, result["intercept"], result["score"], result["local_prediction"])


def assert_agree(mine: Answer, theirs: Answer):
    """Same terms in the same order, save where two \\|weights\\| are nearly equal; same figures."""
    for figure in ("intercept", "score", "local_prediction"):
        np.testing.assert_allclose(
            getattr(mine, figure), getattr(theirs, figure), rtol=0, atol=TOLERANCE, err_msg=figure
        )
    assert len(mine.terms) == len(theirs.terms), (mine, theirs)
    for place, ((my_text, my_weight), (text, weight)) in enumerate(zip(mine.terms, theirs.terms, strict=True)):
        assert abs(abs(my_weight) - abs(weight)) < TOLERANCE, (place, mine, theirs)
        if my_text == text:
            assert abs(my_weight - weight) < TOLERANCE, (place, mine, theirs)
        else:
            tied = [other for other, value in theirs.terms if abs(abs(value) - abs(weight)) < TOLERANCE]
            assert my_text in tied or abs(weight) < TOLERANCE, (place, mine, theirs)


@dataclass(frozen=True)
class Table:
    """Made-up data: continuous, rounded, constant and (if asked for) categorical columns."""

    rows: np.ndarray
    target: np.ndarray
    categorical: list[int]


def make_table(*, classes=None, categorical=True, constant=True, seed=0):
    """Make `SIZE` rows of up to seven columns, and a target: classes, or numbers around 150."""
    rng = np.random.default_rng(seed)
    columns = [
        rng.normal(size=SIZE),
        rng.gamma(2.0, 50.0, SIZE),
        rng.integers(0, 6, SIZE),
        rng.normal(-3, 0.1, SIZE),
    ]
    chosen = []
    if constant:
        columns.append(np.full(SIZE, 4.0))
    if categorical:
        chosen = [len(columns), len(columns) + 1]
        columns += [rng.choice([0, 1, 2, 3], SIZE, p=[0.6, 0.2, 0.15, 0.05]), rng.integers(0, 2, SIZE)]
    rows = np.column_stack(columns).astype(float)
    signal = rows[:, 0] + rows[:, 1] / 50 + 0.5 * rows[:, 2] + 8 * rows[:, 3] + rows[:, -1] * rows[:, 0]
    signal = signal + rng.normal(scale=0.5, size=SIZE)
    if classes is None:
        return Table(rows, 150 + 40 * signal, chosen)
    edges = np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1])
    return Table(rows, np.digitize(signal, edges), chosen)


def make_explainer(table, mode="classification", **options):
    """Fit lime's explainer on a table."""
    if options.get("discretizer") == "none":
        options = {**options, "discretizer": "quartile", "discretize_continuous": False}
    labels = table.target if mode == "classification" else table.target > np.median(table.target)
    return LimeTabularExplainer(
        table.rows,
        mode=mode,
        training_labels=labels,
        categorical_features=table.categorical,
        feature_names=[f"x{column}" for column in range(table.rows.shape[1])],
        random_state=0,
        **options,
    )


def make_model(table, mode="classification"):
    """Fit a small ensemble; return its predict function."""
    if mode == "classification":
        return RandomForestClassifier(8, max_depth=5, random_state=0).fit(table.rows, table.target).predict_proba
    return ExtraTreesRegressor(8, max_depth=5, random_state=0).fit(table.rows, table.target).predict
