"""Say no, before any work, to a model that would cost more here than with lime."""

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.settings import ExplainSettings

MAX_TABLE_BYTES = 2**30
"""Size of the tables, which every Python worker holds, above which a model is refused."""

SPLIT_SECONDS = 2e-9
"""A split's walk down, and again its walk up for each label; measured on forests of 2 to 800 thousand splits."""

VISIT_SECONDS = 10e-9
"""A sample's visit to a split in scikit-learn's predict, measured on the same forests."""

DRAW_SECONDS = 200e-9
"""What lime takes for one feature of one sample, besides predicting."""


def check_cost(ensemble: Ensemble, columns: tuple[Column, ...], settings: ExplainSettings) -> None:
    """Compare the size of the tables with the limit, and a row's time with lime's.

    Raises
    ------
    EngineError
        With the size or the times, and the engine to use instead.
    """
    feature = ensemble.feature[ensemble.left >= 0]
    entries = int(np.array([len(column.codes) for column in columns])[feature].sum())
    size = (4 * 8 + 4) * entries + 8 * ensemble.value.size
    if size > MAX_TABLE_BYTES:
        raise EngineError(
            f"Engine 'exact' needs tables of {size / 2**30:.1f} GiB for this model's {len(feature):,} splits, "
            f"more than {MAX_TABLE_BYTES / 2**30:g} GiB; use engine 'sampled', or shallower or fewer trees."
        )
    ours = row_seconds(ensemble, settings)
    lime = settings.num_samples * (VISIT_SECONDS * ensemble.visits + DRAW_SECONDS * len(columns))
    if ours > lime:
        raise EngineError(
            f"Engine 'exact' would take about {1e3 * ours:.0f} ms a row for this model's {len(feature):,} splits, "
            f"more than lime's {1e3 * lime:.0f} ms with {settings.num_samples} samples; use engine 'sampled'."
        )


def row_seconds(ensemble: Ensemble, settings: ExplainSettings) -> float:
    """Return about how long the engine takes for a row."""
    return SPLIT_SECONDS * int((ensemble.left >= 0).sum()) * (1 + _labels(ensemble, settings))


def _labels(ensemble: Ensemble, settings: ExplainSettings) -> int:
    if settings.labels == "predicted":
        return 1
    return ensemble.value.shape[1] if settings.labels == "all" else len(settings.labels)
