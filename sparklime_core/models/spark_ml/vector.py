"""From the columns of a table to the feature vector of a saved model, through the stages that are understood."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.models.spark_ml.saved_stages import Stage
from sparklime_core.models.spark_ml.slots import Codes, Number, Slot, assembled, imputed, indexed, one_hot

UNDERSTOOD = ("StringIndexer", "OneHotEncoder", "Imputer", "VectorAssembler")
"""Stages that are followed; a column that comes out of any other one cannot be."""


class Columns:
    """Finds the columns of a pipeline, each from the last stage that makes it."""

    def __init__(self, stages: Sequence[Stage], dataset: Dataset) -> None:
        self._stages = stages
        self._dataset = dataset

    def vector(self, name: str, before: int | None = None) -> tuple[Slot, ...]:
        """Return the places of a column as the stages before the given one leave it; one of a plain column.

        Raises
        ------
        ModelError
            When the table lacks it, or a stage makes it that is not understood.
        """
        before = len(self._stages) if before is None else before
        for at in reversed(range(before)):
            stage = self._stages[at]
            if name in stage.columns("output"):
                return self._made_by(stage, at, stage.columns("output").index(name))
        return (self._raw(name),)

    def _made_by(self, stage: Stage, at: int, place: int) -> tuple[Slot, ...]:
        kind = stage.kind.removesuffix("Model")
        invalid = str(stage.params.get("handleInvalid", "error"))
        if kind == "VectorAssembler":
            found = [slot for name in stage.columns("input") for slot in self.vector(name, at)]
            return tuple(assembled(slot, invalid) for slot in found)
        if kind not in UNDERSTOOD:
            raise ModelError(
                f"The model's stage {kind} is none that is understood here, which are {', '.join(UNDERSTOOD)}; "
                "train a pipeline of these, or a model of the table that the stage makes."
            )
        name = stage.columns("input")[place]
        (slot,) = self.vector(name, at)
        if kind == "StringIndexer":
            return (indexed(slot, string_labels(stage)[place], invalid),)
        if kind == "Imputer":
            return (imputed(slot, _surrogate(stage, name)),)
        size = int(stage.data()["categorySizes"][0].as_py()[place])
        return one_hot(slot, size, invalid, drop_last=bool(stage.params.get("dropLast", True)))

    def _raw(self, name: str) -> Slot:
        features = self._dataset.encoding.features
        for at, feature in enumerate(features):
            if feature.column == name and feature.part is None:
                return self._of_column(at) if feature.categories else Number(name, at)
        for at, feature in enumerate(features):
            if feature.name == name:
                return encoded(self._dataset, at)
        raise ModelError(self._why_not(name))

    def _of_column(self, at: int) -> Codes:
        """Return a category as the table writes it, with a number where it writes one."""
        feature = self._dataset.encoding.features[at]
        texts = raw_texts(self._dataset, at)
        values = np.array([_number(text) for text in texts])
        if np.isnan(values).all():
            values = np.arange(len(texts), dtype=np.float64)  # a table of codes: no vector holds texts
        return Codes(feature.column, at, texts, values, np.zeros(len(texts), dtype=np.bool_))

    def _why_not(self, name: str) -> str:
        for column in self._dataset.report.columns:
            if column.name == name and column.role == "date":
                return f"The model wants the column {name!r}, a date that the dataset has split into its parts."
            if column.name == name:
                reason = column.reason.partition(";")[0]
                return (
                    f"The model wants the column {name!r}, which the dataset leaves out ({reason}); give it one."
                )
        return f"The model wants the column {name!r}, which the table {self._dataset.name!r} lacks."


def encoded(dataset: Dataset, at: int) -> Slot:
    """Return a feature as it is encoded: what a model was trained on that has the dataset's features."""
    feature = dataset.encoding.features[at]
    if feature.categories is None:
        return Number(feature.name, at, gap=feature.missing)
    count = len(feature.categories)
    return Codes(
        feature.name, at, feature.categories, np.arange(count, dtype=np.float64), np.zeros(count, np.bool_)
    )


def string_labels(stage: Stage) -> tuple[tuple[str, ...], ...]:
    """Return the labels of a saved ``StringIndexer``, by its columns."""
    data = stage.data()
    name = "labelsArray" if "labelsArray" in data.column_names else "labels"
    held = data[name][0].as_py()
    return tuple(map(tuple, held)) if name == "labelsArray" else (tuple(held),)


def raw_texts(dataset: Dataset, at: int) -> tuple[str | None, ...]:
    """Return what the table writes for each code of a feature.

    Raises
    ------
    ModelError
        When a code stands for several categories that the table tells apart.
    """
    feature = dataset.encoding.features[at]
    names = feature.categories or ()
    gap, unseen = feature.missing, feature.unseen
    texts: list[str | None] = [None if code in (gap, unseen) else name for code, name in enumerate(names)]
    if dataset.raw is None or feature.column not in dataset.raw.column_names:
        return tuple(texts)
    written = dataset.raw[feature.column].cast("string").to_pandas()
    codes = dataset.features[:, at]
    for code in range(len(names)):
        counts = written[codes == code].value_counts()
        counts = counts[counts.index.str.strip() != ""]
        if not len(counts):
            continue
        if code == unseen and gap is not None and unseen < gap and len(counts) > 1:
            raise ModelError(
                f"The dataset takes the rare categories of {feature.column!r} together, and the model tells them "
                "apart; group them before training."
            )
        texts[code] = str(counts.index[0])
    return tuple(texts)


def _surrogate(stage: Stage, name: str) -> float:
    missing = stage.params.get("missingValue", "NaN")
    if str(missing) != "NaN":
        raise ModelError(
            f"The model's Imputer treats {missing} as a gap, and only NaN and null are understood here."
        )
    data = stage.data()
    if name not in data.column_names:
        raise ModelError(f"The saved Imputer is damaged: it has no value for {name!r}.")
    return float(data[name][0].as_py())


def _number(text: str | None) -> float:
    truth: dict[Any, float] = {"true": 1.0, "false": 0.0}
    if text is None:
        return np.nan
    try:
        return float(text)
    except ValueError:
        return truth.get(text.strip().casefold(), np.nan)
