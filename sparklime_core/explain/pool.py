"""The shared pool: lime's neighbourhood without the instance, drawn and predicted once for all rows.

Under the seed contract every row's random state is the same, and what lime draws does not look at the row: samples
1 to N-1 are common to all rows (``LimeTabularExplainer.__data_inverse`` in lime_tabular.py).
"""

import os
from dataclasses import dataclass

import numpy as np
from lime.discretize import BaseDiscretizer
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core.errors import EngineError
from sparklime_core.explain.features import feature_count
from sparklime_core.explain.predict_function import predict_columns
from sparklime_core.explain.seeded import seeded
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import Explainer, FloatArray, PredictFn

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
        drawn around a row, and stand here as if around 0.
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


def check_explainer(explainer: Explainer) -> None:
    """Raise `EngineError` when the explainer does not draw and fit as lime's own ``LimeTabularExplainer`` does."""
    own = [
        type(part).__name__
        for part, known in ((explainer, LimeTabularExplainer), (explainer.base, LimeBase))
        if type(part) is not known
    ]
    discretizer = explainer.discretizer
    if discretizer is not None and any(
        getattr(type(discretizer), name, None) is not getattr(BaseDiscretizer, name)
        for name in ("discretize", "undiscretize", "get_undiscretize_values")
    ):
        own.append(type(discretizer).__name__)
    if own:
        raise EngineError(
            f"{own[0]} changes how lime draws or fits, and the engines 'sampled' and 'exact' know only lime's own "
            "way; use engine 'reference'."
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
