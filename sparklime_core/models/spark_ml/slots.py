"""What each place of Spark's feature vector is, in the features of a dataset."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sparklime_core.errors import ModelError

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
