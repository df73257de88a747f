"""An encoded table."""

import dataclasses

import numpy as np
import pytest

from sparklime_core.data.dataset import Dataset
from tests.small_table import small_dataset


@pytest.fixture
def dataset() -> Dataset:
    return small_dataset()


def test_a_gap_is_seen_beside_the_range_of_predictions(dataset: Dataset) -> None:
    assert dataset.prediction_span == 1.0
    encoding = dataclasses.replace(dataset.encoding, class_names=None)
    values = dataclasses.replace(
        dataset, target=np.append(np.linspace(0.0, 100.0, 101), np.nan), encoding=encoding
    )
    assert values.prediction_span == 90.0
