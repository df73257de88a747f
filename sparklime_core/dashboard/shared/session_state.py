"""What one person works with: table, dataset and model in the session; the run and its row in the URL as well."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from sparklime_core.dashboard.shared.selection import whole_number
from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_table import Reading
from sparklime_core.data.server_folders import ServerTable
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.models.evaluation import Evaluation
    from sparklime_core.models.train import Model


SAMPLE = "breast_cancer"
"""The bundled table for people who have brought none."""

MOST_COMPARED = 5
"""The most rows that are compared at once."""


@dataclass(frozen=True)
class TableSource:
    """A table as it was read, before its columns got their roles.

    Attributes
    ----------
    name
        What the table is called.
    table
        Its columns, understood.
    content
        The file, or which one on the server it is, to read it again in another way.
    target
        What a bundled sample suggests.
    """

    name: str
    table: Reading
    content: bytes | ServerTable
    target: str | None = None


def person() -> str:
    """Return a name for this browser session, by which the queue is fair between people."""
    found: str = st.session_state.setdefault("person", uuid.uuid4().hex)
    return found


def source() -> TableSource | None:
    """Return the table that this session has read."""
    return st.session_state.get("source")


def set_source(chosen: TableSource | None) -> None:
    """Keep a table; what was made of another one goes."""
    st.session_state["source"] = chosen
    for made in ("dataset", "model", "evaluation", "new-rows"):
        st.session_state.pop(made, None)


def dataset() -> Dataset | None:
    """Return the encoded table of this session."""
    return st.session_state.get("dataset")


def set_dataset(chosen: Dataset) -> None:
    """Keep an encoded table; a model of another one goes."""
    st.session_state["dataset"] = chosen
    for made in ("model", "evaluation", "new-rows"):
        st.session_state.pop(made, None)


def model() -> "Model | None":
    """Return the model that this session has trained."""
    return st.session_state.get("model")


def set_model(trained: "Model") -> None:
    """Keep a trained model."""
    st.session_state["model"] = trained
    st.session_state.pop("evaluation", None)


def evaluation() -> "Evaluation | None":
    """Return the model's predictions on the rows that it is measured on; predicted once."""
    from sparklime_core.models.evaluation import evaluate  # noqa: PLC0415 - imports scikit-learn

    trained, table = model(), dataset()
    if trained is None or table is None:
        return None
    if "evaluation" not in st.session_state:
        rows = (
            trained.test_rows
            if len(trained.test_rows)
            else np.flatnonzero(np.isfinite(table.features).all(axis=1))
        )
        st.session_state["evaluation"] = evaluate(trained.estimator, table, rows)
    found: Evaluation = st.session_state["evaluation"]
    return found


def new_rows() -> Dataset | None:
    """Return the second table whose rows are to be explained, if there is one."""
    return st.session_state.get("new-rows")


def set_new_rows(chosen: Dataset | None) -> None:
    """Explain the rows of another table than the model's, or of the model's again."""
    st.session_state["new-rows"] = chosen


def run_id() -> str | None:
    """Return the run that is looked at: the URL's, or the one that this session had before."""
    return st.query_params.get("run") or st.session_state.get("run")


def open_run() -> Run | None:
    """Return the run that is looked at, and put its id into the URL.

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
    """Look at a run; a row of another run is forgotten, and the filter and the comparison of its rows."""
    st.session_state["run"] = chosen
    for kept in ("row", "label", "row-filter", "compared"):
        st.session_state.pop(kept, None)


def row_id() -> int | None:
    """Return the row that is looked at: the URL's, or the one that this session had before in this run."""
    row = whole_number(st.query_params.get("row"))
    return st.session_state.get("row") if row is None else row


def choose_row(row: int | None, *, by_table: bool = False) -> None:
    """Look at a row of the run, and put it into the URL.

    A row that is not chosen in the table becomes the table's anchor: the table is then drawn anew, with this row
    selected, so that it never marks another row than the one that is shown.
    """
    _choose("row", row)
    if not by_table:
        st.session_state["anchor"] = row


def anchor() -> int | None:
    """Return the row with which the table was last drawn anew."""
    return st.session_state.get("anchor")


def label() -> int | None:
    """Return the label whose explanation is looked at."""
    chosen = whole_number(st.query_params.get("label"))
    return st.session_state.get("label") if chosen is None else chosen


def choose_label(chosen: int | None) -> None:
    """Look at a label's explanation, and put it into the URL."""
    _choose("label", chosen)


def compared() -> list[int]:
    """Return the rows that are compared: the URL's, or those that this session had before in this run."""
    linked = st.query_params.get("compare")
    if linked is None:
        return list(st.session_state.get("compared", []))
    rows = [whole_number(text) for text in linked.split("-")]
    return list(dict.fromkeys(row for row in rows if row is not None))[:MOST_COMPARED]


def compare(rows: Sequence[int]) -> None:
    """Compare rows of the run, and put them into the URL."""
    st.session_state["compared"] = list(rows)
    if rows:
        st.query_params["compare"] = "-".join(map(str, rows))
    else:
        st.query_params.pop("compare", None)


def _choose(name: str, value: int | None) -> None:
    if value is None:
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)
    else:
        st.session_state[name] = value
        st.query_params[name] = str(value)
