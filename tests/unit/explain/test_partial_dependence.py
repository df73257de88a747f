"""Partial dependence by LIME's bins, against scikit-learn's own and by hand."""

import numpy as np
import pytest
from sklearn.inspection import partial_dependence as of_sklearn

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.partial_dependence import partial_dependence
from sparklime_core.models.train import train_forest

DATASET = load_sample("penguins")
MODEL = train_forest(DATASET, n_estimators=10)
EXPLAINER = build_explainer(DATASET)


def test_a_category_is_as_scikit_learn_has_it() -> None:
    feature, rows = DATASET.feature_names.index("island"), DATASET.features[:50]
    found = partial_dependence(EXPLAINER, MODEL.predict_fn, feature, rows, DATASET.features)

    theirs = of_sklearn(MODEL.estimator, rows, [feature], method="brute", custom_values={feature: np.arange(3.0)})
    average = MODEL.predict_fn(rows).mean(axis=0)
    names = DATASET.categorical_names[feature]
    assert list(found) == [f"island={name}" for name in names[:3]]
    np.testing.assert_allclose(np.array(list(found.values())), theirs["average"].T - average, atol=1e-12)


def test_a_bin_is_the_mean_over_its_observed_values() -> None:
    feature, rows = DATASET.feature_names.index("flipper_length_mm"), DATASET.features[:30]
    observed = DATASET.features[:8]
    found = partial_dependence(EXPLAINER, MODEL.predict_fn, feature, rows, observed)

    bins = EXPLAINER.discretizer.lambdas[feature](observed[:, feature]).astype(int)
    assert set(found) == {EXPLAINER.discretizer.names[feature][at] for at in bins}
    for at in set(bins):
        values = sorted(set(observed[bins == at, feature]))
        assert len(values) <= 5
        changed = np.repeat(rows[None], len(values), axis=0)
        changed[:, :, feature] = np.array(values)[:, None]
        mean = MODEL.predict_fn(changed.reshape(-1, rows.shape[1])).mean(axis=0)
        effect = mean - MODEL.predict_fn(rows).mean(axis=0)
        assert found[EXPLAINER.discretizer.names[feature][at]] == pytest.approx(effect)
