"""Partial dependence (Friedman 2001) by the bins of LIME: the model's average where a feature is in each bin."""

import numpy as np

from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.types import Explainer, FloatArray, PredictFn
from sparklime_core.explain.vocabulary import build_vocabulary, codes_of

POINTS = 5
"""Values of a bin that stand for it: quantiles of the observed ones."""


def partial_dependence(
    explainer: Explainer, predict_fn: PredictFn, feature: int, rows: FloatArray, observed: FloatArray
) -> dict[str, FloatArray]:
    """Return the model's average over rows with a feature put into each of its bins, less its average over them.

    Parameters
    ----------
    explainer
        Its bins count.
    predict_fn
        What lime takes of the model.
    feature
        Its position.
    rows
        (n, d) a sample of the table; all their other features stay as they are.
    observed
        (m, d) rows whose values of the feature stand for its bins.

    Returns
    -------
    dict of str to (K,) array
        By the bin's condition, in lime's own words, the difference for each label. A bin without an observed value
        is left out.
    """
    codes, vocabulary = codes_of(explainer, observed)[:, feature], build_vocabulary(explainer, ())
    average = predict_columns(predict_fn, rows, explainer.mode).mean(axis=0)
    found: dict[str, FloatArray] = {}
    for code in np.unique(codes):
        (term,) = vocabulary.terms(feature, np.array([code]))
        if term < 0:
            continue
        values = observed[codes == code, feature]
        points = np.unique(np.quantile(values, np.linspace(0, 1, POINTS), method="nearest"))
        changed = np.repeat(rows[None], len(points), axis=0)
        changed[:, :, feature] = points[:, None]
        predicted = predict_columns(predict_fn, changed.reshape(-1, rows.shape[1]), explainer.mode)
        found[vocabulary.texts[term]] = predicted.mean(axis=0) - average
    return found
