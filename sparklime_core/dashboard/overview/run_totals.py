"""Answers about all rows of a run, remembered as long as its files stay the same."""

# ruff: noqa: ARG001 - the version is an argument so that the caches know it

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared.run_cache import Version, encoding_of, files_version
from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.row_filter import RowFilter
from sparklime_core.runs.row_groups import Groups, group_rows
from sparklime_core.runs.row_sample import RowSample, sample_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.weight_totals import Explained, Totals, labels_explained, row_quantile, weight_totals

_SUMMING = "Summing the weights of all rows …"
_SAMPLING = "Drawing a sample of the rows …"


@dataclass(frozen=True)
class RunTotals:
    """What an overview is of: a run's rows that a filter lets through, as explained for a label.

    Attributes
    ----------
    run, manifest, version
        The run, and what changes when it has more results.
    wanted
        The filter; its order is the usual one.
    explained
        The label.
    """

    run: Run
    manifest: Manifest
    version: Version
    wanted: RowFilter
    explained: Explained

    @classmethod
    def of(cls, run: Run, manifest: Manifest, wanted: RowFilter, explained: Explained) -> "RunTotals":
        """Return it for the results that are there now."""
        usual = RowFilter()
        unordered = replace(
            wanted, order=usual.order, descending=usual.descending, order_feature=usual.order_feature
        )
        return cls(run, manifest, files_version(run), unordered, explained)

    @property
    def regression(self) -> bool:
        """Whether the model predicts a number."""
        return self.manifest.data.is_regression

    @property
    def names(self) -> list[str]:
        """Names of the features, in the table's order."""
        return list(self.manifest.data.features)

    @property
    def features(self) -> tuple[Feature, ...]:
        """How the features are encoded."""
        return encoding_of(self.run.id).features

    def totals(self, wanted: RowFilter | None = None, explained: Explained | None = None) -> Totals:
        """Return the summed weights; of another filter or label, where one is given."""
        return _totals(
            self.run.id, self.version, wanted or self.wanted, explained or self.explained, self.regression
        )

    def sample(self) -> RowSample:
        """Return a sample of the rows."""
        return _sample(self.run.id, self.version, self.wanted, self.explained, self.regression)

    def groups(self, count: int | None) -> Groups:
        """Return the sample in groups."""
        return _groups(self.run.id, self.version, self.wanted, self.explained, self.regression, count)

    def quantile(self, column: Literal["prediction", "distance"], share: float) -> float | None:
        """Return a quantile of the rows' ``prediction`` or ``distance``; None without any."""
        return _quantile(self.run.id, self.version, self.wanted, self.regression, column, share)


@st.cache_data(max_entries=64, show_spinner=False)
def labels_of(run_id: str, version: Version) -> pd.DataFrame:
    """Return the labels that have explanations."""
    return labels_explained(services().store.open(run_id))


@st.cache_data(max_entries=128, show_spinner=_SUMMING)
def _totals(run_id: str, version: Version, wanted: RowFilter, explained: Explained, regression: bool) -> Totals:
    return weight_totals(services().store.open(run_id), wanted, explained, regression=regression)


@st.cache_data(max_entries=16, show_spinner=_SAMPLING)
def _sample(run_id: str, version: Version, wanted: RowFilter, explained: Explained, regression: bool) -> RowSample:
    return sample_rows(services().store.open(run_id), wanted, explained, regression=regression)


@st.cache_data(max_entries=32, show_spinner="Grouping the rows …")
def _groups(
    run_id: str, version: Version, wanted: RowFilter, explained: Explained, regression: bool, count: int | None
) -> Groups:
    return group_rows(_sample(run_id, version, wanted, explained, regression).filled, count)


@st.cache_data(max_entries=64, show_spinner=False)
def _quantile(
    run_id: str,
    version: Version,
    wanted: RowFilter,
    regression: bool,
    column: Literal["prediction", "distance"],
    share: float,
) -> float | None:
    return row_quantile(services().store.open(run_id), wanted, column, share, regression=regression)
