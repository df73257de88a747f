"""The studies of *Race* and *Tuning*: the current one of a session, its table and model, and how it ended."""

from collections.abc import Callable, Collection
from typing import Any

import streamlit as st

from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.messages import show_error
from sparklime_core.dashboard.shared.run_cache import inputs_of
from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.jobs.study import StudyState, Subject
from sparklime_core.setting import Settings, settings_of
from sparklime_core.wording import count

SHARED_SETTINGS = ("num_features", "num_samples", "output", "seed")
"""Settings of the explanations that a race and a study take over; the others are their own."""


def remember_study(kind: str, study: Any) -> None:
    """Make a study the session's current one on the page of its kind."""
    chosen = services().keep_study(study)
    st.session_state[f"{kind}-study"] = chosen
    st.query_params[kind] = chosen


def current_study(kind: str) -> Any | None:
    """Return the study that the URL names, or else the session's last; None if the server has forgotten it."""
    chosen = st.query_params.get(kind) or st.session_state.get(f"{kind}-study")
    study = None if chosen is None else services().kept_study(chosen)
    if chosen is not None and study is not None:
        st.query_params[kind] = chosen
    return study


def choose_subject(key: str) -> Callable[[], Subject]:
    """Draw the choice of table and model; return the function that loads them.

    Raises
    ------
    RunError
        When the run that is open is not there any more.
    """
    choices: dict[str, tuple[str, Callable[[], Subject]]] = {}
    dataset, model = workspace.dataset(), workspace.model()
    if dataset is not None and model is not None:
        text = f"{dataset.name} ({count(dataset.rows, 'row')}): the table and the model of this session"
        choices["session"] = (text, lambda: _session_subject(dataset, model.estimator))
    run_id = session_state.run_id()
    if run_id is not None:
        title = services().store.open(run_id).manifest().title
        choices["run"] = (f"{title}: the run that is open", lambda: _run_subject(run_id))
    choices["sample"] = (f"{workspace.SAMPLE}: a bundled sample and a random forest", _sample_subject)
    chosen = st.selectbox("On the rows of", list(choices), format_func=lambda name: choices[name][0], key=key)
    return choices[str(chosen)][1]


def show_outcome(state: StudyState, name: str) -> None:
    """Show why a study ended early, if it did."""
    if state.error:
        show_error(state.error)
    elif state.cancelled:
        st.info(f"The {name} was cancelled; what was measured until then stays.", icon=":material/stop_circle:")


def _session_subject(dataset: Dataset, estimator: Any) -> Subject:
    usual = min(settings_of(ExplainSettings)["num_features"].default, len(dataset.feature_names))
    explain = ExplainSettings(**{"num_features": usual, **_in_the_form(ExplainSettings, SHARED_SETTINGS)})
    explainer = ExplainerSettings(**_in_the_form(ExplainerSettings))
    new = workspace.new_rows()
    return Subject(dataset.name, new or dataset, estimator, explain, explainer, dataset if new else None)


def _run_subject(run_id: str) -> Subject:
    run = services().store.open(run_id)
    manifest, inputs = run.manifest(), inputs_of(run)
    known = {name: getattr(manifest.explain, name) for name in SHARED_SETTINGS}
    return Subject(
        manifest.title,
        inputs.dataset,
        inputs.estimator,
        ExplainSettings(**known),
        manifest.explainer,
        inputs.training,
    )


def _in_the_form(settings: type[Settings], names: Collection[str] | None = None) -> dict[str, Any]:
    """Return what this session has chosen on the Explain page, by the names of the fields."""
    flags = {name: one.flag for name, one in settings_of(settings).items() if names is None or name in names}
    return {name: st.session_state[flag] for name, flag in flags.items() if flag in st.session_state}


def _sample_subject() -> Subject:
    dataset, estimator = _trained_sample()
    return Subject(dataset.name, dataset, estimator)


@st.cache_resource(show_spinner="Training a forest on the sample …")
def _trained_sample() -> tuple[Dataset, Any]:
    from sparklime_core.data.table_source import load_sample  # noqa: PLC0415 - imports scikit-learn
    from sparklime_core.models.train import train_forest  # noqa: PLC0415

    dataset = load_sample(workspace.SAMPLE)
    return dataset, train_forest(dataset).estimator
