"""Moments of the pool for rows with continuous columns (``discretize_continuous=False``), row by row.

Samples and their distances are real numbers here, so that nothing is left to share but the draws and, unless
samples are drawn around each row, the predictions.
"""

from dataclasses import dataclass

import numpy as np

from sparklime_core.explain.binned_pool import kernel_weights
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.pool import Pool, around_instance
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.products import FullProducts
from sparklime_core.explain.types import Explainer, FloatArray, IntArray, PredictFn


@dataclass(frozen=True)
class UnbinnedPool:
    """A pool whose continuous columns stay as they are.

    Attributes
    ----------
    explainer, predict_fn
        What lime needs to scale, to weigh, and to predict samples that are drawn around a row.
    pool
        The draws.
    columns
        (d, N-1) the samples as lime scales them; rows of categorical features are filled in for each row.
    categorical
        The categorical features.
    """

    explainer: Explainer
    predict_fn: PredictFn
    pool: Pool
    columns: FloatArray
    categorical: IntArray

    @classmethod
    def of(cls, explainer: Explainer, predict_fn: PredictFn, pool: Pool) -> "UnbinnedPool":
        """Scale a pool as lime does."""
        categorical = np.array(explainer.categorical_features, dtype=np.int64)
        return cls(explainer, predict_fn, pool, scaled(explainer, pool.samples).T.copy(), categorical)

    def moments(self, rows: FloatArray, labels: int) -> Moments:
        """Return the moments of samples 1 to N-1 for rows (m, d)."""
        count, width = rows.shape
        found = Moments(
            size=self.columns.shape[1] + 1,
            weight=np.zeros(count),
            z_mean=np.zeros((count, width)),
            z_cov=FullProducts(np.zeros((count, width, width))),
            y_mean=np.zeros((count, labels)),
            y_var=np.zeros((count, labels)),
            zy_cov=np.zeros((count, width, labels)),
            z_instance=scaled(self.explainer, rows),
            effective_share=np.zeros(count),
        )
        found.z_instance[:, self.categorical] = 1.0
        for at in range(count):
            self._fill(found, at, rows[at])
        return found

    def _fill(self, found: Moments, at: int, row: FloatArray) -> None:
        """Put in the moments of one row, in the same operations on the same shapes for every row."""
        z, y = self._samples(row)
        weights = self._weights(z, found.z_instance[at])
        total = weights.sum()
        if total == 0:
            return
        assert found.effective_share is not None  # noqa: S101 - made above
        found.effective_share[at] = _effective_share(weights)
        z_mean, y_mean = z @ weights / total, y @ weights / total
        root = np.sqrt(weights)
        z_centred, y_centred = z - z_mean[:, None], y - y_mean[:, None]
        # In place: to make arrays of this size takes longer than to fill them.
        z_centred *= root
        y_centred *= root
        found.weight[at] = total
        found.z_mean[at], found.y_mean[at] = z_mean, y_mean
        found.z_cov.full()[at] = z_centred @ z_centred.T
        found.zy_cov[at] = z_centred @ y_centred.T
        found.y_var[at] = (y_centred**2).sum(axis=1)

    def effective_share(self, rows: FloatArray) -> FloatArray:
        """Return the effective size (m,) of the neighbourhoods of rows (m, d), as a share of their samples."""
        instances = scaled(self.explainer, rows)
        instances[:, self.categorical] = 1.0
        return np.array(
            [
                _effective_share(self._weights(self._columns_of(row, self._around(row)), instance))
                for row, instance in zip(rows, instances, strict=True)
            ]
        )

    def _weights(self, z: FloatArray, instance: FloatArray) -> FloatArray:
        """Return the weights (N-1,) of samples z (d, N-1)."""
        offset = z - instance[:, None]
        distance = np.sqrt(np.square(offset, out=offset).sum(axis=0))
        return kernel_weights(self.explainer, distance)

    def _samples(self, row: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the columns z (d, N-1) and labels y (K, N-1) of a row's neighbourhood."""
        predictions = self.pool.predictions
        around = self._around(row)
        if around is not None:
            predictions = predict_columns(self.predict_fn, around, self.explainer.mode)
        return self._columns_of(row, around), np.ascontiguousarray(predictions.T)

    def _around(self, row: FloatArray) -> FloatArray | None:
        """Return the samples (N-1, d) that are drawn around a row; None where all rows share them."""
        if not around_instance(self.explainer):
            return None
        samples: FloatArray = self.pool.noise * self.explainer.scaler.scale_ + row
        samples[:, self.categorical] = self.pool.codes[:, self.categorical]
        return samples

    def _columns_of(self, row: FloatArray, around: FloatArray | None) -> FloatArray:
        if around is None and not len(self.categorical):
            return self.columns
        z = self.columns.copy() if around is None else scaled(self.explainer, around).T.copy()
        z[self.categorical] = self.pool.codes.T[self.categorical] == row[self.categorical, None]
        return z


def scaled(explainer: Explainer, samples: FloatArray) -> FloatArray:
    """Return samples (n, d) in the space of lime's distances; categorical columns have mean 0 and scale 1."""
    columns: FloatArray = (samples - explainer.scaler.mean_) / explainer.scaler.scale_
    return columns


def _effective_share(weights: FloatArray) -> float:
    """Return Kish's effective size of samples with these weights, as a share of their number."""
    square = float((weights**2).sum())
    return float(weights.sum() ** 2 / (len(weights) * square)) if square > 0 else 0.0
