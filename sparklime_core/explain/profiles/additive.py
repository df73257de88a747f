"""The additive surrogate of a pool: a number for each bin of each feature, fitted once, without a row."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from sparklime_core.explain.threads import one_blas_thread
from sparklime_core.explain.types import FloatArray, IntArray

PENALTY = 1.0
"""Ridge penalty, in samples. It makes the fit unique: the columns of a feature sum to one."""

MOST_STEPS = 50
TOLERANCE = 1e-9


def fit_additive(bins: IntArray, width: int, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit labels by a constant and a number for each bin.

    Whatever the numbers are, profiles built on them are without bias: what the fit leaves is estimated for every
    row. A good fit leaves little.

    Parameters
    ----------
    bins
        (n, d) the bins of n samples, among those of all features.
    width
        How many bins there are.
    labels
        (n, K) predictions.

    Returns
    -------
    effects
        (width, K), 0 for bins that no sample has.
    residuals
        (n, K).
    """
    size, features = bins.shape
    columns = csr_array(
        (np.ones(bins.size), bins.ravel(), np.arange(0, bins.size + 1, features)), shape=(size, width)
    )
    effects = np.zeros((width, labels.shape[1]))
    centred = labels - labels.mean(axis=0)
    with one_blas_thread():
        for label, target in enumerate(centred.T):
            effects[:, label] = lsmr(
                columns, target, damp=np.sqrt(PENALTY), atol=TOLERANCE, btol=TOLERANCE, maxiter=MOST_STEPS
            )[0]
    return effects, centred - columns @ effects
