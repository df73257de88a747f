import numpy as np
import pytest

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.explain.settings import ExplainerSettings


@pytest.fixture(scope="module")
def penguins():
    return load_sample("penguins")


def test_missing_is_said_to_be_missing(penguins):
    explainer = build_explainer(penguins)
    model = train_forest(penguins, n_estimators=10)
    table = explain_rows(explainer, model.predict_fn, penguins.features[[3]], engine="reference", num_samples=300)
    texts = {reason["feature_explanation"] for reason in table["explanation"][0].as_py()}
    assert {"bill_length_mm is missing", "sex=missing", "island=Torgersen"} <= texts


@pytest.mark.parametrize("kind", ["quartile", "decile", "entropy"])
def test_what_lime_draws_for_missing_is_the_sentinel_and_nothing_falls_between(penguins, kind):
    explainer = build_explainer(penguins, ExplainerSettings(discretizer=kind))
    discretizer = explainer.discretizer
    for feature, sentinel in penguins.missing_values.items():
        bins = np.repeat(np.arange(len(discretizer.names[feature])), 200)
        drawn = discretizer.get_undiscretize_values(feature, bins)
        assert (drawn[bins == 0] == sentinel).all()
        observed = penguins.features[:, feature]
        observed = observed[observed != sentinel]
        assert drawn[bins > 0].min() >= observed.min()
        assert drawn.max() <= observed.max()
        assert (discretizer.lambdas[feature](drawn) == bins).all()


def test_without_gaps_the_explainer_is_limes_own():
    wine = load_sample("wine")
    explainer = build_explainer(wine, ExplainerSettings(discretizer="decile", kernel_width=2.0))
    assert type(explainer.discretizer).__name__ == "DecileDiscretizer"
    assert explainer.base.kernel_fn.keywords == {"kernel_width": 2.0}
    assert explainer.class_names == ["0", "1", "2"]


def test_what_cannot_be_served_is_refused(penguins):
    with pytest.raises(SparkLimeError, match="missing"):
        build_explainer(penguins, ExplainerSettings(discretizer="none"))
    with pytest.raises(SparkLimeError, match="classes"):
        build_explainer(load_sample("diabetes"), ExplainerSettings(discretizer="entropy"))
    with pytest.raises(SparkLimeError, match="one of quartile"):
        ExplainerSettings(discretizer="thirds")
    with pytest.raises(SparkLimeError, match="kernel width"):
        ExplainerSettings(kernel_width=-1.0)
