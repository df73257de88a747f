"""What every part of the row panel is drawn from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparklime_core.explain.trust import Verdict
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.row_view import RowView
from sparklime_core.runs.run import Run


@dataclass(frozen=True)
class RowContext:
    """A row of a run, as the panel shows it.

    Attributes
    ----------
    run, inputs
        The run, with its table and model.
    results
        The row's results, one a label, as dictionaries of the result's schema.
    view
        The row with the label that is looked at.
    probabilities
        The model's, of all classes; None in regression, and where the model gives none.
    stability
        How stable the explanation of this label is, as a dictionary of the stability's schema; None where it is
        not measured.
    pools
        From how many pools that was measured.
    verdict
        How far to trust the explanation.
    """

    run: Run
    inputs: Inputs
    results: Sequence[Mapping[str, Any]]
    view: RowView
    probabilities: Sequence[float] | None
    stability: Mapping[str, Any] | None
    pools: int
    verdict: Verdict

    @property
    def regression(self) -> bool:
        """Whether the model predicts a value and no class."""
        return self.inputs.dataset.class_names is None


def _always(_: RowContext) -> bool:
    return True


@dataclass(frozen=True)
class PanelPart:
    """A part of the panel that a person switches to; it is computed only when it is looked at.

    Attributes
    ----------
    name
        What the switch calls it.
    draw
        Draws it. Its widgets need keys that hold the row's id, where what they say is about the row.
    serves
        Whether there is such a part for a run: it must not depend on the row, so that the switch stays as it is.
    """

    name: str
    draw: Callable[[RowContext], None]
    serves: Callable[[RowContext], bool] = _always
