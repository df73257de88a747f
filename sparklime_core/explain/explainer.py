"""`build_explainer`: a fitted lime explainer for a dataset, gaps included."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from lime.discretize import BaseDiscretizer
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core.errors import SettingsError, raised_as
from sparklime_core.explain.settings import ExplainerSettings
from sparklime_core.explain.types import Explainer, FloatArray

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
    chosen: str | BaseDiscretizer = "quartile" if discretizer == "none" else discretizer
    if dataset.missing_values:
        chosen = MissingAwareDiscretizer(dataset, discretizer)
    return LimeTabularExplainer(
        dataset.features[labelled],
        mode="regression" if regression else "classification",
        training_labels=dataset.target[labelled],
        feature_names=list(dataset.feature_names),
        categorical_features=list(dataset.categorical_features),
        categorical_names={feature: list(names) for feature, names in dataset.categorical_names.items()},
        class_names=[dataset.target_name] if regression else list(dataset.class_names or ()),
        kernel_width=settings.kernel_width,
        feature_selection=settings.feature_selection,
        discretize_continuous=discretizer != "none",
        discretizer=chosen,
        random_state=0,
    )


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

    def __init__(self, dataset: Tabular, kind: str) -> None:
        self._kind = kind
        self.missing = dict(dataset.missing_values)
        names = list(dataset.feature_names)
        labelled = dataset.labelled
        features, labels = dataset.features[labelled], dataset.target[labelled]
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
