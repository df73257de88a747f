"""Answers about all rows of a run, remembered for the overview."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from sparklime_core.dashboard.shared.cache import remember
from sparklime_core.dashboard.shared.run_cache import encoding_of
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query import weight_totals
from sparklime_core.runs.query.row_sample import RowSample, sample_rows
from sparklime_core.runs.query.weight_totals import Explained, Totals
from sparklime_core.runs.row_groups import Groups, group_rows
from sparklime_core.runs.run import Run


@dataclass(frozen=True)
class RunTotals:
    """Subject of an overview: the rows of a run that pass a filter, explained for a label.

    Attributes
    ----------
    run, manifest
        The run.
    wanted
        The filter; its order is the usual one.
    explained
        The label.
    """

    run: Run
    manifest: Manifest
    wanted: RowFilter
    explained: Explained

    @classmethod
    def of(cls, run: Run, manifest: Manifest, wanted: RowFilter, explained: Explained) -> "RunTotals":
        """Return it for the results that are there now."""
        usual = RowFilter()
        unordered = replace(
            wanted, order=usual.order, descending=usual.descending, order_feature=usual.order_feature
        )
        return cls(run, manifest, unordered, explained)

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
        return encoding_of(self.run).features

    def totals(self, wanted: RowFilter | None = None, explained: Explained | None = None) -> Totals:
        """Return the summed weights; of another filter or label, where one is given."""
        return _weight_totals(self.run, wanted or self.wanted, explained or self.explained)

    def sample(self) -> RowSample:
        """Return a sample of the rows."""
        return _sample_rows(self.run, self.wanted, self.explained)

    def groups(self, count: int | None) -> Groups:
        """Return the sample in groups."""
        return _group_rows(self.run, self.wanted, self.explained, count)

    def quantile(self, column: Literal["prediction", "distance"], share: float) -> float | None:
        """Return a quantile of the rows' ``prediction`` or ``distance``; None without any."""
        return _row_quantile(self.run, self.wanted, column, share)


labels_explained = remember(weight_totals.labels_explained)
_weight_totals = remember(weight_totals.weight_totals, entries=128, spinner="Summing the weights of all rows …")
_sample_rows = remember(sample_rows, entries=16, spinner="Drawing a sample of the rows …")
_row_quantile = remember(weight_totals.row_quantile)


@partial(remember, entries=32, spinner="Grouping the rows …")
def _group_rows(run: Run, wanted: RowFilter, explained: Explained, count: int | None) -> Groups:
    return group_rows(_sample_rows(run, wanted, explained).filled, count)
