"""The feature vector of a saved model in the features of a dataset, place by place, through its stages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.models.spark_ml.saved_model import Stage

UNDERSTOOD = ("StringIndexer", "OneHotEncoder", "Imputer", "VectorAssembler")
"""Stages that are followed; a column that comes out of any other one cannot be."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Number:
    """A feature that is a number.

    Attributes
    ----------
    column
        The table's column.
    feature
        Which feature it is.
    gap
        What a gap becomes; NaN where it stays one, None where Spark refuses it.
    """

    column: str
    feature: int
    gap: float | None = None


@dataclass(frozen=True)
class Codes:
    """A value for each code of a feature that is a category.

    Attributes
    ----------
    column
        The table's column.
    feature
        Which feature it is.
    texts
        (c,) what the table writes for each code; None for a gap.
    values
        (c,) the number that each code becomes; NaN for a gap, or where Spark has no number for it.
    refused
        (c,) which codes Spark refuses.
    """

    column: str
    feature: int
    texts: tuple[str | None, ...]
    values: FloatArray
    refused: npt.NDArray[np.bool_]


Slot: TypeAlias = Number | Codes


def indexed(slot: Slot, labels: tuple[str, ...], invalid: str) -> Codes:
    """Return a column after a ``StringIndexer``: the place of each text among its labels."""
    if isinstance(slot, Number):
        raise _needs_categories(slot, "StringIndexer")
    known = spelled(slot.texts, labels)
    unknown = known < 0
    values = np.where(unknown, float(len(labels)), known.astype(np.float64))
    return replace(slot, values=values, refused=slot.refused | (unknown if invalid != "keep" else False))


def one_hot(slot: Slot, size: int, invalid: str, *, drop_last: bool) -> tuple[Codes, ...]:
    """Return the places of a vector that a ``OneHotEncoder`` makes of indices 0, 1, … below a size."""
    if isinstance(slot, Number):
        raise _needs_categories(slot, "OneHotEncoder")
    outside = ~((slot.values >= 0) & (slot.values < size))
    index = np.where(outside, size, slot.values)
    refused = slot.refused | (outside if invalid != "keep" else False)
    width = size + (invalid == "keep") - drop_last
    return tuple(replace(slot, values=(index == at).astype(np.float64), refused=refused) for at in range(width))


def imputed(slot: Slot, surrogate: float) -> Slot:
    """Return a column after an ``Imputer``, which fills its gaps."""
    if isinstance(slot, Number):
        return replace(slot, gap=surrogate)
    gaps = np.isnan(slot.values)
    return replace(slot, values=np.where(gaps, surrogate, slot.values), refused=slot.refused & ~gaps)


def assembled(slot: Slot, invalid: str) -> Slot:
    """Return a column in the vector of a ``VectorAssembler``, which refuses gaps unless it keeps them."""
    if isinstance(slot, Number):
        return replace(slot, gap=np.nan) if slot.gap is None and invalid == "keep" else slot
    gaps = np.isnan(slot.values)
    return replace(slot, refused=slot.refused | gaps if invalid != "keep" else slot.refused & ~gaps)


def spelled(texts: tuple[str | None, ...], labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return where each text is among labels, and -1 where it is not: as it is written, or as another spelling.

    Spark writes numbers and truth values in its own way before it indexes them: 1 as 1.0, and True as true.
    """
    exact = {label: at for at, label in enumerate(labels)}
    alike = {_plain(label): at for at, label in reversed(list(enumerate(labels)))}
    found = [-1 if text is None else exact.get(text, alike.get(_plain(text), -1)) for text in texts]
    return np.array(found, dtype=np.int64)


def _plain(text: str) -> str:
    text = text.strip()
    try:
        return repr(float(text))
    except ValueError:
        return text.casefold()


def _needs_categories(slot: Number, stage: str) -> ModelError:
    return ModelError(
        f"The model's {stage} takes the column {slot.column!r} as categories, and the dataset as numbers; "
        "give the column the role 'categorical'."
    )


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
        texts = _raw_texts(self._dataset, at)
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


def _raw_texts(dataset: Dataset, at: int) -> tuple[str | None, ...]:
    """Return the table's own text for each code of a feature."""
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
