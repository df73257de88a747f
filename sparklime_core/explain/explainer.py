"""`build_explainer`: a fitted lime explainer for a dataset, gaps included."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from lime.discretize import BaseDiscretizer, DecileDiscretizer, EntropyDiscretizer, QuartileDiscretizer
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core.errors import SettingsError, raised_as
from sparklime_core.explain.settings import ExplainerSettings
from sparklime_core.explain.types import Explainer, FloatArray

DISCRETIZERS = {"quartile": QuartileDiscretizer, "decile": DecileDiscretizer, "entropy": EntropyDiscretizer}
PERCENTILES = {"quartile": (25, 50, 75), "decile": tuple(range(10, 100, 10))}

NARROW = 1e-3
"""Width of the bin of missing values, in steps between floats: what is drawn rounds to the sentinel."""


class Tabular(Protocol):
    """What of a `Dataset` an explainer needs."""

    @property
    def features(self) -> FloatArray: ...  # noqa: D102
    @property
    def feature_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def categorical_features(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def categorical_names(self) -> dict[int, tuple[str, ...]]: ...  # noqa: D102
    @property
    def missing_values(self) -> dict[int, float]: ...  # noqa: D102
    @property
    def target(self) -> npt.NDArray[Any]: ...  # noqa: D102
    @property
    def labelled(self) -> npt.NDArray[np.bool_]: ...  # noqa: D102
    @property
    def target_name(self) -> str: ...  # noqa: D102
    @property
    def class_names(self) -> tuple[str, ...] | None: ...  # noqa: D102


@raised_as(SettingsError, "The explainer cannot be fitted")
def build_explainer(dataset: Tabular, settings: ExplainerSettings | None = None) -> Explainer:
    """Fit a ``LimeTabularExplainer`` on the labelled rows of a dataset: those that the model may have learnt from.

    Parameters
    ----------
    dataset
        A `sparklime_core.Dataset`.
    settings
        lime's defaults when None.

    Raises
    ------
    SettingsError
        When the discretizer cannot serve this dataset, or no row of it has a target.
    """
    settings = settings or ExplainerSettings()
    discretizer = settings.discretizer
    if dataset.missing_values and discretizer == "none":
        raise SettingsError(
            "Columns with missing values need a discretizer, which gives 'missing' a bin of its own."
        )
    labelled = dataset.labelled
    if not labelled.any():
        raise SettingsError(
            "No row of this table has a target; fit the explainer on the table that the model was trained on."
        )
    regression = dataset.class_names is None
    if regression and discretizer == "entropy":
        raise SettingsError("The entropy discretizer needs a target of classes; choose quartile or decile.")
    state = np.random.RandomState(0)
    features, fitted = dataset.features[labelled], None
    if discretizer != "none":
        features = np.asfortranarray(features)  # all that follows goes through one column after another
        fitted = _fit_discretizer(dataset, discretizer, features, dataset.target[labelled], state)
    explainer = LimeTabularExplainer(
        features if fitted is None else features[:1],  # of binned features lime needs no more than the statistics
        mode="regression" if regression else "classification",
        feature_names=list(dataset.feature_names),
        categorical_features=list(dataset.categorical_features),
        categorical_names={feature: list(names) for feature, names in dataset.categorical_names.items()},
        class_names=[dataset.target_name] if regression else list(dataset.class_names or ()),
        kernel_width=settings.kernel_width,
        feature_selection=settings.feature_selection,
        discretize_continuous=fitted is not None,
        random_state=state,
        training_data_stats=_statistics(features, dataset.categorical_features, fitted),
    )
    explainer.discretizer, explainer.training_data_stats = fitted, None
    return explainer


def _fit_discretizer(
    dataset: Tabular, kind: str, features: FloatArray, labels: npt.NDArray[Any], state: np.random.RandomState
) -> BaseDiscretizer:
    if dataset.missing_values:
        return MissingAwareDiscretizer(dataset, kind, features, labels)
    categorical, names = list(dataset.categorical_features), list(dataset.feature_names)
    return DISCRETIZERS[kind](features, categorical, names, labels=labels, random_state=state)


def _statistics(
    features: FloatArray, categorical: tuple[int, ...], fitted: BaseDiscretizer | None
) -> dict[str, dict[int, list[Any]]]:
    """Return what lime draws from: the statistics of the bins, and how often each bin and each category is there.

    lime itself would count them value by value, as Python objects: two seconds for a million rows.
    """
    bins = {} if fitted is None else fitted.lambdas
    found: dict[str, dict[int, list[Any]]] = {
        name: getattr(fitted, name, {}) for name in ("means", "stds", "mins", "maxs")
    }
    found["feature_values"], found["feature_frequencies"] = {}, {}
    for feature in (*bins, *categorical):
        column = features[:, feature]
        values, counts = _count_bins(bins[feature](column)) if feature in bins else np.unique_counts(column)
        found["feature_values"][feature] = list(values.astype(np.float64))
        found["feature_frequencies"][feature] = counts.tolist()
    return found


def _count_bins(codes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the bins that are there, and how often each is."""
    counts = np.bincount(codes)
    values = np.flatnonzero(counts)
    return values, counts[values]


class MissingAwareDiscretizer(BaseDiscretizer):  # type: ignore[misc]
    """lime's quartiles, deciles or entropy splits of the observed values, and a first bin for "missing".

    A gap is encoded as a sentinel far below all observed values. Its bin ends half-way to the smallest of them,
    and is so narrow a normal that lime draws exactly the sentinel back from it; the next bin starts at the
    smallest observed value, so that nothing is drawn from between.

    Attributes
    ----------
    missing
        The sentinel of each feature that has gaps.
    """

    def __init__(self, dataset: Tabular, kind: str, features: FloatArray, labels: npt.NDArray[Any]) -> None:
        self._kind = kind
        self.missing = dict(dataset.missing_values)
        names = list(dataset.feature_names)
        super().__init__(features, list(dataset.categorical_features), names, labels=labels, random_state=0)
        for feature, sentinel in self.missing.items():
            name = names[feature]
            self.names[feature][0] = f"{name} is missing"
            self.names[feature][1] = self.names[feature][1].partition(" < ")[2]
            observed = features[:, feature]
            self.mins[feature][1] = float(observed[observed != sentinel].min())
            self.means[feature][0] = sentinel
            self.stds[feature][0] = float(np.spacing(abs(sentinel))) * NARROW

    def bins(self, data: FloatArray, labels: npt.NDArray[Any] | None) -> list[FloatArray]:
        """Return the borders of each feature's bins (lime's ``BaseDiscretizer.bins``)."""
        return [self._borders(feature, data[:, feature], labels) for feature in self.to_discretize]

    def _borders(self, feature: int, values: FloatArray, labels: npt.NDArray[Any] | None) -> FloatArray:
        sentinel = self.missing.get(feature)
        observed = np.full(len(values), True) if sentinel is None else values != sentinel
        borders = self._observed_borders(values[observed], None if labels is None else labels[observed])
        if sentinel is None:
            return borders
        return np.concatenate([[(sentinel + values[observed].min()) / 2], borders])

    def _observed_borders(self, values: FloatArray, labels: npt.NDArray[Any] | None) -> FloatArray:
        if self._kind in PERCENTILES:
            return np.percentile(values, PERCENTILES[self._kind])
        # As lime's EntropyDiscretizer: at most eight bins from a tree of depth three.
        from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 - only this discretizer needs it

        tree = DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=0)
        tree.fit(values[:, None], labels)
        thresholds = np.sort(tree.tree_.threshold[tree.tree_.children_left > -1])
        return thresholds if len(thresholds) else np.array([np.median(values)])
