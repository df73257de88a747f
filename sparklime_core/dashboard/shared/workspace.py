"""The workspace of a session: table, encoded table and model, kept on disk for a reload.

The key of what is kept is in the session and in the address. A session that has only the key reads the parts when
a page first asks for them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.dataset import Dataset, Origin
from sparklime_core.data.table_source import TableSource, get_sample
from sparklime_core.errors import ModelError, SparkLimeError

if TYPE_CHECKING:
    from sparklime_core.models.evaluation import Evaluation
    from sparklime_core.models.settings import ModelSettings
    from sparklime_core.models.train import Model
    from sparklime_core.models.traps.evidence import Trap
    from sparklime_core.runs.kept_workspace import KeptWorkspace
    from sparklime_core.runs.workspace import NewRows, WorkspaceFacts

SAMPLE = "breast_cancer"
"""The bundled table for people who have brought none."""

ADDRESS = "workspace"
"""The key's name in the address and in the session."""

_NOT_KEPT = "workspace-not-kept"
_REFUSED = "workspace-refused"
_PARTS = ("source", "dataset", "model", "new-rows")
_OF_MODEL = ("evaluation", "traps")
_MADE = (*_PARTS, *_OF_MODEL)


def follow_address() -> None:
    """Take over the workspace of the address, or put the session's own into it."""
    key, linked = st.session_state.get(ADDRESS), st.query_params.get(ADDRESS)
    if linked and linked != key:
        try:
            services().workspaces.open(linked)
        except SparkLimeError:
            st.session_state[_REFUSED] = key is None
        else:
            _forget(*_MADE)
            key = st.session_state[ADDRESS] = linked
    _put_into_address(key)


def kept() -> "KeptWorkspace | None":
    """Return what is kept of this session's workspace, without reading its parts."""
    key = st.session_state.get(ADDRESS)
    if key is None:
        return None
    try:
        return services().workspaces.open(key)
    except SparkLimeError:
        return None


def not_kept() -> str | None:
    """Return why a reload would lose this session's table or model; None where it would not."""
    return st.session_state.get(_NOT_KEPT)


def is_refused() -> bool:
    """Return whether this session began with a link to a workspace that it may not open, or that has gone."""
    return bool(st.session_state.get(_REFUSED))


def earlier() -> "KeptWorkspace | None":
    """Return the workspace that this person had last, for a session that has none."""
    return services().workspaces.newest()


def take_up(found: "KeptWorkspace") -> None:
    """Work with an earlier workspace."""
    _forget(*_MADE)
    st.session_state[ADDRESS] = found.key
    _put_into_address(found.key)


def facts() -> "WorkspaceFacts | None":
    """Return the facts of this session's table and model, without reading them."""
    found = kept()
    return None if found is None else found.facts


def chosen() -> Origin | None:
    """Return what was chosen about this session's table; None before that."""
    table = dataset()
    return None if table is None else table.report.origin


def source() -> TableSource | None:
    """Return the table that this session has read."""
    return _part("source", lambda found: found.source())  # type: ignore[no-any-return]


def set_source(chosen: TableSource | None) -> None:
    """Set the table; everything made of the one before is dropped."""
    _forget(*_MADE, ADDRESS)
    st.session_state["source"] = chosen
    if chosen is not None:
        st.session_state[ADDRESS] = services().workspaces.new_key()
        _keep()
    _put_into_address(st.session_state.get(ADDRESS))


def use_sample(name: str) -> Dataset:
    """Work with a bundled sample, encoded as it suggests."""
    found = TableSource.of_sample(name)
    set_source(found)
    made = assemble(found.table, get_sample(name).target)
    set_dataset(made)
    return made


def dataset() -> Dataset | None:
    """Return the encoded table of this session."""
    return _part("dataset", lambda found: found.dataset())  # type: ignore[no-any-return]


def set_dataset(chosen: Dataset) -> None:
    """Set the encoded table; a model of another one is dropped."""
    _forget("model", *_OF_MODEL)
    st.session_state["dataset"], st.session_state["new-rows"] = chosen, None
    _keep()


def model() -> "Model | None":
    """Return the model that this session has trained."""
    return _part("model", lambda found: found.model())  # type: ignore[no-any-return]


def set_model(trained: "Model") -> None:
    """Work with a trained model."""
    _forget(*_OF_MODEL)
    st.session_state["model"] = trained
    _keep()


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


def traps() -> "tuple[Trap, ...]":
    """Return the model's traps; they are looked for once, even if that fails.

    Raises
    ------
    ModelError
        When the model fails while it is asked.
    """
    from sparklime_core.models.traps.find_traps import find_traps  # noqa: PLC0415 - imports scikit-learn

    trained, table = model(), dataset()
    if trained is None or table is None:
        return ()
    if "traps" not in st.session_state:
        with st.spinner("Looking for leaks and other traps …", show_time=True):
            try:
                st.session_state["traps"] = find_traps(trained, table)
            except SparkLimeError as error:
                st.session_state["traps"] = str(error)
    found: tuple[Trap, ...] | str = st.session_state["traps"]
    if isinstance(found, str):
        raise ModelError(found)
    return found


def train_again(settings: "ModelSettings", without: str | None = None) -> None:
    """Train the model again, with other settings or without a column.

    Raises
    ------
    SparkLimeError
        When nothing is left to learn from, or the table cannot be read again.
    """
    from sparklime_core.models.train import train_with  # noqa: PLC0415 - imports scikit-learn

    table, read = dataset(), source()
    assert table is not None  # noqa: S101 - a model has one
    before = table.report.origin
    if without is not None and read is not None and before is not None and before.target is not None:
        table = assemble(read.table, before.target, roles={**before.roles, without: "drop"}, task=before.task)
        set_dataset(table)
    set_model(train_with(table, settings))


def new_rows() -> Dataset | None:
    """Return the second table whose rows are to be explained, if there is one."""
    found = _new_rows()
    return None if found is None else found.dataset


def set_new_rows(chosen: "NewRows | None") -> None:
    """Explain the rows of another table than the model's, or of the model's again."""
    st.session_state["new-rows"] = chosen
    _keep()


def _new_rows() -> "NewRows | None":
    return _part("new-rows", lambda found: found.new_rows())  # type: ignore[no-any-return]


def _part(name: str, read: "Callable[[KeptWorkspace], Any]") -> Any:
    """Return a part that the session has, or read it; a part that cannot be read is reported once."""
    found = kept() if name not in st.session_state else None
    if found is None:
        return st.session_state.get(name)
    try:
        with st.spinner("Reading your table and model again …", show_time=True):
            part = read(found)
    except SparkLimeError as error:
        st.warning(plain(error), icon=":material/warning:")
        part = st.session_state[name] = None
    if part is not None:
        st.session_state[name] = part
    return part


def _keep() -> None:
    """Store the session's parts for a reload; if that fails, show why and go on."""
    from sparklime_core.runs.workspace import Workspace  # noqa: PLC0415 - imports scikit-learn

    found = source()
    if st.session_state.get(ADDRESS) is None or found is None:
        return
    new = _new_rows()  # of the key before
    key = _own_key()
    _forget(_NOT_KEPT)
    workspace = Workspace(found, st.session_state.get("dataset"), st.session_state.get("model"), new)
    try:
        with st.spinner("Keeping it for a reload …", show_time=True):
            services().workspaces.save(key, workspace)
    except SparkLimeError as error:
        for name in _PARTS:  # what is kept may be of before: nothing of it comes back into this session
            st.session_state.setdefault(name, None)
        st.session_state[_NOT_KEPT] = str(error)
        st.toast(plain(error), icon=":material/warning:")


def _own_key() -> str:
    """Return the key of this session's workspace; a new one if the workspace is another person's."""
    key: str = st.session_state[ADDRESS]
    before = kept()
    person = services().person
    if person.is_signed_in and (before is None or not before.facts.access.is_of(person)):
        key = st.session_state[ADDRESS] = services().workspaces.new_key()
        _put_into_address(key)
    return key


def _put_into_address(key: str | None) -> None:
    if key is None:
        st.query_params.pop(ADDRESS, None)
    elif st.query_params.get(ADDRESS) != key:
        st.query_params[ADDRESS] = key


def _forget(*names: str) -> None:
    for name in names:
        st.session_state.pop(name, None)
