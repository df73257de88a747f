"""Which row is looked at: pure functions from what the browser says to a row's id."""

from collections.abc import Mapping, Sequence


def clicked_row(selected: Sequence[int], row_ids: Sequence[int]) -> int | None:
    """Return the row that is selected in a table.

    Parameters
    ----------
    selected
        Positions of the selected lines, as ``st.dataframe`` gives them.
    row_ids
        The row of each line of the table.
    """
    if not selected or not 0 <= selected[0] < len(row_ids):
        return None
    return int(row_ids[selected[0]])


def clicked_point(points: Sequence[Mapping[str, object]]) -> int | None:
    """Return the row of a clicked point of a chart whose selection holds the field ``row_id``."""
    value = points[0].get("row_id") if points else None
    return int(value) if isinstance(value, (int, float)) else None


def line_of(row: int | None, row_ids: Sequence[int]) -> list[int]:
    """Return the position of a row's line in a table, as the selection to begin with."""
    return [line for line, row_id in enumerate(row_ids) if row_id == row][:1]


def whole_number(text: str | None) -> int | None:
    """Return a number of a URL's query, or None when it is not there or no whole number from 0."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 18 else None
