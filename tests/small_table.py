"""A table of two rows, and a result of its second one."""

import numpy as np

from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding, Feature


def small_dataset() -> Dataset:
    """Return two rows of a number and of a text, and two classes."""
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


def result(label: int, prediction: float | None) -> dict[str, object]:
    """Return what a run holds of the second row for a label."""
    return {
        "row_id": 1,
        "label": label,
        "label_name": ("no", "yes")[label],
        "prediction": prediction,
        "local_prediction": 0.6,
        "intercept": 0.1,
        "score": 0.5,
        "explanation": [{"feature": "sex", "feature_explanation": "sex=m", "weight": 0.2}],
        "error": None,
    }
