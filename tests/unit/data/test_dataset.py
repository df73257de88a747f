"""An encoded table."""

import dataclasses

import numpy as np
import pytest

from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding, Feature


@pytest.fixture
def dataset() -> Dataset:
    return Dataset(
        name="t",
        features=np.array([[1.0, 0.0], [2.0, 1.0]]),
        target=np.array([0, 1]),
        encoding=Encoding(
            (Feature("age", "age", "number"), Feature("sex", "sex", "text", categories=("f", "m"))),
            "y",
            ("no", "yes"),
        ),
        report=DataReport(2, ()),
    )


def test_a_gap_is_seen_beside_the_range_of_predictions(dataset: Dataset) -> None:
    assert dataset.prediction_span == 1.0
    encoding = dataclasses.replace(dataset.encoding, class_names=None)
    values = dataclasses.replace(
        dataset, target=np.append(np.linspace(0.0, 100.0, 101), np.nan), encoding=encoding
    )
    assert values.prediction_span == 90.0
