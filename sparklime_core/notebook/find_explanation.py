"""The one explanation of a row and a label, among many."""

import operator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.errors import DataError, SettingsError

Result = dict[str, Any]


def find_explanation(results: pa.Table, row: Any, label: int | str | None = None) -> Result:
    """Return the result of a row.

    Parameters
    ----------
    results
        Of the result's schema.
    row
        A value of ``row_id``.
    label
        A class by its index or its name; None: the most probable one of those that are explained.

    Raises
    ------
    DataError
        When there is no such row or label, or the row could not be explained.
    """
    found = _results_of(results, row)
    failed = next((result["error"] for result in found if result["error"] is not None), None)
    if failed is not None:
        raise DataError(f"Row {row!r} could not be explained: {failed.rstrip('.')}.")
    if label is None:
        return max(found, key=lambda result: float(result["prediction"]))
    column, value = label_column(label)
    wanted = next((result for result in found if result[column] == value), None)
    if wanted is None:
        known = ", ".join(f"{result['label']} ({result['label_name']})" for result in found)
        raise DataError(f"Row {row!r} has no explanation of the label {label!r}, but of {known}.")
    return wanted


def label_column(label: Any) -> tuple[str, int | str]:
    """Return the column and the value by which a label is known: its name, or its index.

    Raises
    ------
    SettingsError
        When it is neither.
    """
    if isinstance(label, str):
        return "label_name", str(label)
    if isinstance(label, bool) or not hasattr(label, "__index__"):
        raise SettingsError(f"label must be a class by its index or its name, not {label!r}.")
    return "label", operator.index(label)


def _results_of(results: pa.Table, row: Any) -> list[Result]:
    """Return what there is of a row: a result for each of its labels."""
    ids = results["row_id"]
    wanted = _id(row, ids.type)
    found: list[Result] = [] if wanted is None else results.filter(pc.equal(ids, wanted)).to_pylist()
    if not found:
        raise DataError(f"There is no row {row!r} among the explanations; a row is named by its row_id.")
    labels = [result["label"] for result in found]
    if len(set(labels)) < len(labels):
        raise DataError(f"Several rows have the row_id {row!r}, so that it names none of them.")
    return found


def _id(row: Any, kind: pa.DataType) -> pa.Scalar | None:
    """Return a row's id in the type of the ids; None where it has none."""
    if isinstance(row, bool) and not pa.types.is_boolean(kind):
        return None
    value = row.item() if hasattr(row, "item") else row
    try:
        found = pa.scalar(value, type=kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None
    # Arrow would take 3.7 for 3.
    return found if found.as_py() == value else None
