import numpy as np
import pytest

from sparklime_core import SparkLimeError, load_sample
from sparklime_core.data.samples import SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_read(name):
    dataset = load_sample(name)
    assert dataset.rows > 100
    assert np.isfinite(dataset.features).all()
    assert dataset.target_name == SAMPLES[name].target


def test_the_samples_hold_what_their_descriptions_say():
    assert load_sample("breast_cancer").class_names == ("benign", "malignant")
    assert len(load_sample("wine").class_names) == 3
    assert load_sample("diabetes").mode == "regression"
    penguins = load_sample("penguins")
    assert len(penguins.categorical_features) == 2
    assert len(penguins.missing_values) == 4


def test_an_unknown_sample_is_refused():
    with pytest.raises(SparkLimeError, match="choose one of"):
        load_sample("iris")
