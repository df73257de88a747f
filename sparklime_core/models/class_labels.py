"""Whether two spellings of a class, or of a category, are the same."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sparklime_core.data.feature_encoding import number_text


def label(value: Any) -> str:
    """Return a class in its normal spelling: 1, 1.0, "1.0" and " 1 " are the same."""
    text = value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        return text.casefold()
    return number_text(number) if np.isfinite(number) else text.casefold()


def are_same(known: list[Any], names: Sequence[Any]) -> bool:
    """Return whether classes are the same in the same order, where they are spelled in other ways as well."""
    exact = [str(value) for value in known] == [str(name) for name in names]
    found, wanted = [label(value) for value in known], [label(name) for name in names]
    return (
        exact
        or (found == wanted and len(set(wanted)) == len(wanted))
        or (known == [False, True] and wanted == ["0", "1"])
    )
