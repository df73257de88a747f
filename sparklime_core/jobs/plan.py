"""`RunPlan`: everything that a run is a function of."""

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import SettingsError
from sparklime_core.explain.schema import SCHEMA_VERSION
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings, RunSettings
from sparklime_core.explain.types import IntArray
from sparklime_core.models.evaluation import Metrics
from sparklime_core.models.train import Model
from sparklime_core.process_identity import Owner
from sparklime_core.runs.facts import ModelFacts, TableFacts
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.run import Run

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
    training
        The table that the model was trained on, where it is another one than the table that is explained.
    stability
        From how many pools of samples the stability of each explanation is measured, at the cost of a
        solve each; 0: not at all. It changes no explanation.
    stability_rows
        On about how many rows; None: on all of them.

    Raises
    ------
    SettingsError
        When there are no such rows, or stability cannot be measured so.
    """

    dataset: Dataset
    model: Model
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    explainer: ExplainerSettings = field(default_factory=ExplainerSettings)
    rows: str | int = "all"
    training: Dataset | None = None
    stability: int = 0
    stability_rows: int | None = None

    def __post_init__(self) -> None:
        RunSettings(self.rows, self.stability, self.stability_rows)
        if not len(self.row_ids()):
            raise SettingsError("The test rows of this model are unknown; choose all rows, or a number of rows.")

    def row_ids(self) -> IntArray:
        """Return the positions of the rows to explain, ascending."""
        if self.rows == "test":
            return self.test_rows()
        count = self.dataset.rows if isinstance(self.rows, str) else min(self.rows, self.dataset.rows)
        return np.arange(count, dtype=np.int64)

    def test_rows(self) -> IntArray:
        """Return the positions of the rows that the model has not seen: all of another table."""
        return self.model.test_rows if self.training is None else np.arange(self.dataset.rows, dtype=np.int64)

    def inputs(self) -> Inputs:
        """Return the inputs of a run, as it stores them."""
        return Inputs(
            self.dataset, self.model.estimator, self.test_rows(), self.row_ids(), self.training, self.model.file
        )

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
            explain=self.explain,
            explainer=self.explainer,
            schema_version=SCHEMA_VERSION,
            stability=self.stability,
            stability_rows=self.stability_rows,
            training=self.model.settings,
            data=_table_facts(self.dataset, self.training),
            model=_model_facts(self.model),
            owner=Owner.this_process(),
            versions={"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
        )


def plan_new_rows(
    run: Run,
    rows_to_explain: Dataset,
    explain: ExplainSettings,
    explainer: ExplainerSettings,
    rows: str | int = "all",
) -> RunPlan:
    """Plan to explain new rows with the model of an earlier run.

    Parameters
    ----------
    run
        The earlier run.
    rows_to_explain
        What `sparklime_core.data.build_dataset.read_rows` gives for the new table and
        ``run.inputs().learnt_from.encoding``.
    explain, explainer, rows
        See `RunPlan`.
    """
    inputs, manifest = run.inputs(), run.manifest()
    model = Model(
        inputs.estimator,
        manifest.training,
        Metrics.from_dict(manifest.model.metrics),
        inputs.test_rows,
        manifest.model.notes,
        manifest.model.trained_elsewhere,
        inputs.file,
    )
    return RunPlan(rows_to_explain, model, explain, explainer, rows, inputs.learnt_from)


def _model_facts(model: Model) -> ModelFacts:
    return ModelFacts(
        type=getattr(model.estimator, "type_name", type(model.estimator).__name__),
        metrics=model.metrics.as_dict(),
        notes=model.notes,
        trained_elsewhere=model.trained_elsewhere,
        file=None if model.file is None else f"model{model.file.suffix}",
        sha256=None if model.file is None else model.file.digest,
    )


def _table_facts(dataset: Dataset, training: Dataset | None) -> TableFacts:
    return TableFacts(
        name=dataset.name,
        rows=dataset.rows,
        features=dataset.feature_names,
        target=dataset.target_name,
        mode=dataset.mode,
        class_names=dataset.class_names,
        report=dataset.report,
        training_report=None if training is None else training.report,
    )
