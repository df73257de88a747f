"""`RunPlan`: everything that a run is a function of."""

import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import SettingsError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.explain.types import IntArray
from sparklime_core.models.forest import Model
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest, RunState

VERSIONED = ("sparklime", "lime", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow", "pyspark", "dill")


@dataclass(frozen=True)
class RunPlan:
    """What is to be explained, by which model, and how.

    Attributes
    ----------
    dataset, model
        The table, and the model trained on it.
    explain, explainer
        Settings of the explanations, and of lime's explainer.
    rows
        ``"all"``, ``"test"`` (the rows that the model has not seen), or how many rows from the first on.
    """

    dataset: Dataset
    model: Model
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    explainer: ExplainerSettings = field(default_factory=ExplainerSettings)
    rows: str | int = "all"

    def __post_init__(self) -> None:
        if isinstance(self.rows, str) and self.rows not in ("all", "test"):
            raise SettingsError(f"The rows must be 'all', 'test' or a number, not {self.rows!r}.")
        if not isinstance(self.rows, str) and self.rows < 1:
            raise SettingsError(f"The number of rows must be at least 1, not {self.rows}.")

    def row_ids(self) -> IntArray:
        """Return the positions of the rows to explain, ascending."""
        if self.rows == "test":
            return self.model.test_rows
        count = self.dataset.rows if isinstance(self.rows, str) else min(self.rows, self.dataset.rows)
        return np.arange(count, dtype=np.int64)

    def inputs(self) -> Inputs:
        """Return what a run stores of the plan."""
        return Inputs(self.dataset, self.model.estimator, self.model.test_rows, self.row_ids())

    def manifest(self, master: str) -> Manifest:
        """Return the manifest with which a run on a master begins."""
        return Manifest(
            title=self.dataset.name,
            state=RunState.RUNNING,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            master=master,
            rows=len(self.row_ids()),
            seed=self.explain.seed,
            selection=str(self.rows),
            explain=asdict(self.explain),
            explainer=asdict(self.explainer),
            forest=self.model.settings.as_dict(),
            data=_data_facts(self.dataset),
            model={"type": type(self.model.estimator).__name__, "metrics": self.model.metrics.as_dict()},
            versions={"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        )


def _data_facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "rows": dataset.rows,
        "features": list(dataset.feature_names),
        "target": dataset.target_name,
        "mode": dataset.mode,
        "class_names": None if dataset.class_names is None else list(dataset.class_names),
        "report": asdict(dataset.report),
    }
