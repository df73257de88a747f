"""lime as people call it: one row, one call, nothing shared with the next row."""

import warnings

import numpy as np

from sparklime_core.explain.types import Explainer, FloatArray, PredictFn


def explain_plainly(
    explainer: Explainer, predict_fn: PredictFn, row: FloatArray, num_features: int, num_samples: int
) -> list[tuple[str, float]]:
    """Return lime's ``as_list()`` for the predicted class of a row (d,); in regression for the prediction."""
    label = 1 if explainer.mode == "regression" else int(np.argmax(predict_fn(row[None])[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.explain_instance(
            row, predict_fn, labels=(label,), num_features=num_features, num_samples=num_samples
        )
    return [(str(text), float(weight)) for text, weight in found.as_list(label=label)]
