"""What every part of the row panel is drawn from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sparklime_core.dashboard.row_panel.row_facts import row_probabilities
from sparklime_core.explain.trust import Verdict
from sparklime_core.runs.inputs import Tables
from sparklime_core.runs.row_view import RowView
from sparklime_core.runs.run import Run


@dataclass(frozen=True)
class RowContext:
    """A row of a run, as the panel shows it.

    Attributes
    ----------
    run, tables
        The run, with its tables.
    results
        The row's results, one a label, as dictionaries of the result's schema.
    view
        The row with the label that is looked at.
    stability
        How stable the explanation of this label is, as a dictionary of the stability's schema; None where it is
        not measured.
    pools
        From how many pools that was measured.
    verdict
        How far to trust the explanation.
    """

    run: Run
    tables: Tables
    results: Sequence[Mapping[str, Any]]
    view: RowView
    stability: Mapping[str, Any] | None
    pools: int
    verdict: Verdict

    @property
    def regression(self) -> bool:
        """Whether the model predicts a value and no class."""
        return self.tables.dataset.class_names is None

    @property
    def probabilities(self) -> Sequence[float] | None:
        """The model's, of all classes; None in regression, and where the model gives none. It opens the model."""
        return row_probabilities(self.run, self.view.row_id)


def _always(_: RowContext) -> bool:
    return True


@dataclass(frozen=True)
class PanelPart:
    """A part of the panel that a person switches to; it is imported and computed only when it is looked at.

    Attributes
    ----------
    name
        What the switch calls it.
    home
        The function that draws it, as ``module:function`` of this package. Its widgets need keys that hold the
        row's id, where what they say is about the row.
    serves
        Whether there is such a part for a run: it must not depend on the row, so that the switch stays as it is.
    """

    name: str
    home: str
    serves: Callable[[RowContext], bool] = _always

    def draw(self, row: RowContext) -> None:
        """Draw it."""
        module, function = self.home.split(":")
        getattr(import_module(f"sparklime_core.dashboard.row_panel.{module}"), function)(row)
