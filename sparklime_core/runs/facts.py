"""Facts of a run that never change: its table, its model, its executors, and what its predictions are."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from sparklime_core.data.dataset import DataReport
from sparklime_core.explain.settings import OutputName

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
"""A whole number from 0 up."""


@dataclass(frozen=True)
class TableFacts:
    """The explained table.

    Attributes
    ----------
    name, rows
        Name of its file, and how many rows it has.
    features
        Names of the features, in the order of the encoded table.
    target
        Name of the column that is predicted.
    mode
        The task, in lime's words.
    class_names
        Name of each class; None in regression.
    report, training_report
        How the table was read; how the model's table was read, where that is another one.
    """

    name: str
    rows: Count
    features: tuple[str, ...]
    target: str
    mode: Literal["classification", "regression"]
    class_names: tuple[str, ...] | None
    report: DataReport
    training_report: DataReport | None = None

    @property
    def is_regression(self) -> bool:
        """Whether the model predicts a number."""
        return self.class_names is None

    @property
    def digest(self) -> str | None:
        """SHA-256 of the table's file; None for a table that was made in memory."""
        return None if self.report.origin is None else self.report.origin.sha256


@dataclass(frozen=True)
class ModelFacts:
    """The model.

    Attributes
    ----------
    type
        Class of the scikit-learn estimator, or the library that a booster is of.
    metrics
        See `sparklime_core.models.evaluation.Metrics.as_dict`.
    notes
        Remarks about its training.
    trained_elsewhere
        Whether it was brought as a file.
    file, sha256
        Name and digest of the file in the run's folder, where one was given.
    """

    type: str
    metrics: dict[str, float | list[list[int]]]
    notes: tuple[str, ...] = ()
    trained_elsewhere: bool = False
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class ExecutorFacts:
    """An executor; see `sparklime_core.spark.session.backend.ExecutorInfo`."""

    id: str
    host: str
    cores: int = 0
    memory: str = ""


@dataclass(frozen=True)
class Predicted:
    """What the column ``prediction`` holds.

    Attributes
    ----------
    noun
        ``"probability"``, ``"log-odds"``, or in regression ``"value"``, or ``"raw score"`` of a margin.
    label_sql
        The class that the model predicts, of the columns ``label`` (the explained class) and ``prediction``.
    wrong_sql, error_sql
        Whether that is not ``target``; and 1 - probability of the true class, or the distance from the true value.
        Null where that is unknown.
    """

    noun: str
    label_sql: str
    wrong_sql: str
    error_sql: str

    @classmethod
    def of(cls, facts: TableFacts, output: OutputName) -> "Predicted":
        """Return what the results of a table hold that were explained with this output."""
        margin = output == "margin"
        if facts.class_names is None:
            # A margin may be the logarithm of what is predicted: it is not on the target's scale.
            error = "CAST(NULL AS DOUBLE)" if margin else "abs(prediction - target)"
            return cls("raw score" if margin else "value", "label", "CAST(NULL AS BOOLEAN)", error)
        if not margin:
            wrong = "label <> target"
            error = f"CASE WHEN {wrong} THEN prediction WHEN NOT ({wrong}) THEN 1 - prediction END"
            return cls("probability", "label", wrong, error)
        if len(facts.class_names) != 2:
            return cls("log-odds", "label", "label <> target", "CAST(NULL AS DOUBLE)")
        # Two classes have one margin, of the explained class: above 0 it is the predicted one.
        label = "CASE WHEN prediction > 0 THEN label ELSE 1 - label END"
        error = (
            "CASE WHEN label = target THEN 1 / (1 + exp(prediction)) "
            "WHEN label <> target THEN 1 / (1 + exp(-prediction)) END"
        )
        return cls("log-odds", label, f"{label} <> target", error)
