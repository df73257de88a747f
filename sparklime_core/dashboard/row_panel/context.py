"""The data of every part of the row panel: the row, and facts about its run that are computed once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.run_cache import inputs_of, keep, tables_of
from sparklime_core.explain.trust import Verdict
from sparklime_core.explain.types import Explainer, predict_fn_of
from sparklime_core.runs.inputs import Tables
from sparklime_core.runs.row_view import RowView, class_probabilities
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.task import ExplainTask

POOLS_NOW = 10
"""From how many pools stability is measured where a run has none, for one row at a time."""

DEPENDENCE_ROWS, OBSERVED_ROWS = 200, 2_000
"""Rows over which partial dependence is averaged, and rows whose values stand for the bins."""


@partial(keep, entries=512)
def row_probabilities(run: Run, row_id: int) -> tuple[float, ...] | None:
    """Return the model's probabilities of all classes; None in regression and for models without probabilities."""
    return None if run.facts.is_regression else class_probabilities(inputs_of(run), row_id)


@partial(keep, entries=16)
def prediction_span(run: Run) -> float:
    """Return the range of predictions of a run's model."""
    if run.output == "probability":
        return tables_of(run).learnt_from.prediction_span
    return inputs_of(run).prediction_span(run.output)


@partial(keep, spinner="Fitting the explainer …")
def explainer_of(run: Run) -> Explainer:
    """Return the explainer of a run."""
    from sparklime_core.explain.explainer import build_explainer  # noqa: PLC0415 - imports lime

    return build_explainer(tables_of(run).learnt_from, run.manifest().explainer)


@partial(keep, entries=2, spinner=f"Drawing {POOLS_NOW} pools of samples …")
def measuring_task(run: Run) -> "ExplainTask":
    """Return the task that explains rows as the run did, and measures their stability."""
    from sparklime_core.explain.stability_task import prepare_measured  # noqa: PLC0415 - imports lime

    settings = run.manifest().explain
    predict_fn = predict_fn_of(inputs_of(run).estimator)
    return prepare_measured(explainer_of(run), predict_fn, settings, POOLS_NOW)


@partial(keep, entries=512)
def measured_now(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Measure how stable a row's explanations are, here and now."""
    rows = tables_of(run).dataset.features[row_id : row_id + 1]
    _, found = measuring_task(run).explain_and_measure(rows, np.array([row_id]))
    measured: list[dict[str, Any]] = [] if found is None else found.to_pylist()
    return measured


@partial(keep, entries=256, spinner="Averaging the model over some rows …")
def dependence_of(run: Run, feature: int, label: int) -> dict[str, float]:
    """Return the partial dependence of a label on a feature, by the condition of each bin."""
    from sparklime_core.explain.partial_dependence import partial_dependence  # noqa: PLC0415 - imports lime
    from sparklime_core.explain.predict_function import resolve_predict  # noqa: PLC0415 - imports lime
    from sparklime_core.explain.shap_values import sample_of  # noqa: PLC0415 - imports lime

    inputs = inputs_of(run)
    table = inputs.learnt_from
    predict_fn = resolve_predict(inputs.estimator, table.mode, run.output)
    rows, observed = (sample_of(table.features, most) for most in (DEPENDENCE_ROWS, OBSERVED_ROWS))
    found = partial_dependence(explainer_of(run), predict_fn, feature, rows, observed)
    return {condition: float(effects[label]) for condition, effects in found.items()}


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
        """The model's probabilities of all classes; see `row_probabilities`. It opens the model."""
        return row_probabilities(self.run, self.view.row_id)


def nothing() -> None:
    """Draw nothing more."""


def _always(_: RowContext) -> bool:
    return True


@dataclass(frozen=True)
class PanelPart:
    """A part of the panel that a person switches to; it is imported and computed only when it is open.

    Attributes
    ----------
    name
        What the switch calls it.
    home
        The function that draws it, as ``module:function`` of this package. It may return a function that draws
        the rest, which takes longer. Widgets need keys that hold the row's id, where what they say is about it.
    serves
        Whether there is such a part for a run: it must not depend on the row, so that the switch stays as it is.
    opens_model
        Whether all of it needs the run's model: all of it is then the rest.
    """

    name: str
    home: str
    serves: Callable[[RowContext], bool] = _always
    opens_model: bool = False

    def draw(self, row: RowContext) -> Callable[[], None]:
        """Draw it; return what draws the rest."""
        if not self.opens_model:
            return self._draw(row) or nothing
        place = st.container()

        def rest() -> None:
            with place, shown_errors():
                self._draw(row)

        return rest

    def _draw(self, row: RowContext) -> Callable[[], None] | None:
        module, function = self.home.split(":")
        found: Callable[[], None] | None = getattr(
            import_module(f"sparklime_core.dashboard.row_panel.{module}"), function
        )(row)
        return found
