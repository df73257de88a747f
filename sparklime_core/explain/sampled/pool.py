"""The shared pool: lime's neighbourhood without the instance, drawn and predicted once for all rows.

Under the seed contract every row's random state is the same, and what lime draws does not look at the row: samples
1 to N-1 are common to all rows (``LimeTabularExplainer.__data_inverse`` in lime_tabular.py).

`UnbinnedPool` has the moments for rows with continuous columns (``discretize_continuous=False``), row by row:
samples and their distances are real numbers there, and rows share only the draws and, unless samples are drawn
around each row, the predictions.
"""

import os
from dataclasses import dataclass

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.explainer_facts import check_explainer, feature_count, kernel_weights, seeded
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.products import FullProducts
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import Explainer, FloatArray, IntArray, PredictFn

BYTES_A_VALUE = 40
"""Peak memory of a pool for each of its values: what lime's drawing and a predict function hold at once."""


@dataclass(frozen=True)
class Pool:
    """Samples 1 to N-1 of every row's neighbourhood.

    Attributes
    ----------
    codes
        (N-1, d) what was drawn for binned and categorical features: a bin or a category; 0 elsewhere.
    noise
        (N-1, d) the standard normal draws for features that are left as they are; 0 elsewhere.
    samples
        (N-1, d) the samples in the space of the model. With ``sample_around_instance`` the continuous ones are
        drawn around a row, and are here as if around 0.
    predictions
        (N-1, K) the model's predictions for them, of no use with ``sample_around_instance``.
    """

    codes: FloatArray
    noise: FloatArray
    samples: FloatArray
    predictions: FloatArray


def draw_pool(explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> Pool:
    """Draw as lime draws, and predict once.

    Raises
    ------
    EngineError
        When the explainer draws in a way of its own, or the pool would not fit in memory.
    PredictionError
        When the predict function returns what lime cannot use.
    """
    check_explainer(explainer)
    check_memory(settings.num_samples, feature_count(explainer), available_memory())
    twin = seeded(explainer, settings.seed)
    codes, noise, samples = (_binned if twin.discretizer is not None else _plain)(twin, settings.num_samples)
    if around_instance(explainer):
        return Pool(codes, noise, samples, np.zeros((len(samples), 0)))
    return Pool(codes, noise, samples, predict_columns(predict_fn, samples, explainer.mode))


def typical_rows(explainer: Explainer, count: int) -> FloatArray:
    """Return rows (count, d) like those that lime asks a predict function about."""
    twin = seeded(explainer, 0)
    twin.sample_around_instance = False
    draw = _binned if twin.discretizer is not None else _plain
    return draw(twin, count + 1)[2]


def around_instance(explainer: Explainer) -> bool:
    """Return whether continuous features are drawn around the row; lime ignores the option for binned ones."""
    return bool(explainer.sample_around_instance) and explainer.discretizer is None


def _binned(twin: Explainer, size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    codes = np.zeros((size, feature_count(twin)))
    _draw_codes(twin, range(codes.shape[1]), codes)
    return codes[1:], np.zeros_like(codes[1:]), twin.discretizer.undiscretize(codes[1:])


def _plain(twin: Explainer, size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    width = feature_count(twin)
    noise = twin.random_state.normal(0, 1, size * width).reshape(size, width)
    codes = np.zeros_like(noise)
    _draw_codes(twin, twin.categorical_features, codes)
    centre = 0.0 if twin.sample_around_instance else twin.scaler.mean_
    samples = noise * twin.scaler.scale_ + centre
    samples[:, twin.categorical_features] = codes[:, twin.categorical_features]
    noise[:, twin.categorical_features] = 0.0
    return codes[1:], noise[1:], samples[1:]


def _draw_codes(twin: Explainer, columns: "range | list[int]", codes: FloatArray) -> None:
    for column in columns:
        codes[:, column] = twin.random_state.choice(
            twin.feature_values[column], size=len(codes), replace=True, p=twin.feature_frequencies[column]
        )


def check_memory(num_samples: int, width: int, available: int) -> None:
    """Raise `EngineError` when ``num_samples`` by ``width`` values would not fit in ``available`` bytes."""
    needed = num_samples * width * BYTES_A_VALUE
    if needed > available:
        raise EngineError(
            f"A pool of {num_samples:,} samples of {width} features needs about {needed / 2**30:.1f} GiB of "
            f"memory, and {available / 2**30:.1f} GiB are free; use fewer samples."
        )


def available_memory() -> int:
    """Return the bytes of memory that are free, as far as the operating system tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            free = next(line for line in lines if line.startswith("MemAvailable"))
        return int(free.split()[1]) * 1024
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


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
        products = np.zeros((count, width, width))
        found = Moments(
            size=self.columns.shape[1] + 1,
            weight=np.zeros(count),
            z_mean=np.zeros((count, width)),
            z_cov=FullProducts.of(products),
            y_mean=np.zeros((count, labels)),
            y_var=np.zeros((count, labels)),
            zy_cov=np.zeros((count, width, labels)),
            z_instance=scaled(self.explainer, rows),
            effective_share=np.zeros(count),
        )
        found.z_instance[:, self.categorical] = 1.0
        for at in range(count):
            self._fill(found, products[at], at, rows[at])
        return found

    def _fill(self, found: Moments, products: FloatArray, at: int, row: FloatArray) -> None:
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
        products[:] = z_centred @ z_centred.T
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
