import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.explain.settings import ExplainerSettings, limes_width


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
    assert ExplainerSettings(kernel_width=2.0).width_for(13) == 2.0
    assert explainer.class_names == ["0", "1", "2"]


def test_the_width_that_is_named_is_the_one_that_lime_takes():
    wine = load_sample("wine")
    usual = ExplainerSettings().width_for(len(wine.feature_names))
    assert build_explainer(wine).base.kernel_fn.keywords == {"kernel_width": usual}
    assert limes_width(5_579) == np.sqrt(5_579) * 0.75  # a power of a half is another number


def limes_own(table: str, kind: str) -> LimeTabularExplainer:
    """Return what lime itself fits on a sample; of a discretizer of ours, what it counts with that."""
    dataset = load_sample(table)
    binned = "quartile" if kind == "none" else kind
    own = build_explainer(dataset, ExplainerSettings(discretizer=binned)).discretizer
    return LimeTabularExplainer(
        dataset.features,
        training_labels=dataset.target,
        feature_names=list(dataset.feature_names),
        categorical_features=list(dataset.categorical_features),
        discretize_continuous=kind != "none",
        discretizer=own if dataset.missing_values else binned,
        random_state=0,
    )


@pytest.mark.parametrize(
    ("table", "discretizer"),
    [
        *[("wine", name) for name in ("quartile", "decile", "entropy", "none")],
        *[("penguins", name) for name in ("quartile", "decile", "entropy")],
        ("diabetes", "decile"),
    ],
)
def test_what_is_counted_by_column_is_what_lime_counts_by_value(table: str, discretizer: str) -> None:
    own = build_explainer(load_sample(table), ExplainerSettings(discretizer=discretizer))
    limes = limes_own(table, discretizer)

    assert own.feature_values == limes.feature_values
    assert list(own.feature_values) == list(limes.feature_values)
    for feature, shares in limes.feature_frequencies.items():
        assert own.feature_frequencies[feature].tobytes() == shares.tobytes()
    assert own.scaler.mean_.tobytes() == limes.scaler.mean_.tobytes()
    assert own.scaler.scale_.tobytes() == limes.scaler.scale_.tobytes()
    assert own.training_data_stats is None
    assert own.categorical_features == limes.categorical_features
    assert type(own.discretizer) is type(limes.discretizer)
    for name in ("names", "means", "stds", "mins", "maxs"):
        assert getattr(own.discretizer, name, None) == getattr(limes.discretizer, name, None)
    assert (own.random_state.get_state()[1] == limes.random_state.get_state()[1]).all()


def test_what_cannot_be_served_is_refused(penguins):
    with pytest.raises(SparkLimeError, match="missing"):
        build_explainer(penguins, ExplainerSettings(discretizer="none"))
    with pytest.raises(SparkLimeError, match="classes"):
        build_explainer(load_sample("diabetes"), ExplainerSettings(discretizer="entropy"))
    with pytest.raises(SparkLimeError, match="one of quartile"):
        ExplainerSettings(discretizer="thirds")
    with pytest.raises(SparkLimeError, match="kernel width"):
        ExplainerSettings(kernel_width=-1.0)
