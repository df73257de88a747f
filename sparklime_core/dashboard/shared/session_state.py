"""The open run, row, label and compared rows of a session: held in the session and the URL, chosen by clicks."""

from collections.abc import Mapping, Sequence

import streamlit as st

from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.run import Run

MOST_COMPARED = 5
"""The most rows that are compared at once."""


def run_id() -> str | None:
    """Return the id of the open run: the URL's, or else the session's."""
    return st.query_params.get("run") or st.session_state.get("run")


def open_run() -> Run | None:
    """Return the open run, and put its id into the URL.

    Raises
    ------
    RunError
        When there is no such run; the session forgets it.
    """
    chosen = run_id()
    if chosen is None:
        return None
    if chosen != st.session_state.get("run"):
        choose_run(chosen)
    st.query_params["run"] = chosen
    try:
        return services().store.open(chosen)
    except Exception:
        st.session_state.pop("run", None)
        raise


def choose_run(chosen: str) -> None:
    """Open a run; the row, the filter and the compared rows of another run are forgotten."""
    st.session_state["run"] = chosen
    for kept in ("row", "label", "row-filter", "compared"):
        st.session_state.pop(kept, None)


def row_id() -> int | None:
    """Return the chosen row: the URL's, or else the session's."""
    return _linked_or_kept("row")


def choose_row(row: int | None, *, by_table: bool = False) -> None:
    """Choose a row of the run, and put it into the URL.

    A row that is not chosen in the table becomes the table's anchor: the table is then drawn again, with this row
    selected, so that it never marks another row than the one that is shown.
    """
    _choose("row", row)
    if not by_table:
        st.session_state["anchor"] = row


def anchor() -> int | None:
    """Return the row with which the table was last drawn again."""
    return st.session_state.get("anchor")


def label() -> int | None:
    """Return the chosen label."""
    return _linked_or_kept("label")


def choose_label(chosen: int | None) -> None:
    """Choose a label, and put it into the URL."""
    _choose("label", chosen)


def compared() -> list[int]:
    """Return the compared rows: the URL's, or else the session's."""
    linked = st.query_params.get("compare")
    if linked is None:
        return list(st.session_state.get("compared", []))
    rows = [whole_number(text) for text in linked.split("-")]
    st.session_state["compared"] = list(dict.fromkeys(row for row in rows if row is not None))[:MOST_COMPARED]
    return list(st.session_state["compared"])


def compare(rows: Sequence[int]) -> None:
    """Compare rows of the run, and put them into the URL."""
    st.session_state["compared"] = list(rows)
    if rows:
        st.query_params["compare"] = "-".join(map(str, rows))
    else:
        st.query_params.pop("compare", None)


def _linked_or_kept(name: str) -> int | None:
    """Return the URL's value, or else the session's; afterwards both have it."""
    linked = whole_number(st.query_params.get(name))
    found: int | None = st.session_state.get(name) if linked is None else linked
    if found is not None:
        _choose(name, found)
    return found


def _choose(name: str, value: int | None) -> None:
    if value is None:
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)
    else:
        st.session_state[name] = value
        st.query_params[name] = str(value)


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
    """Return a whole number from 0 of a URL's query; None for anything else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 18 else None
