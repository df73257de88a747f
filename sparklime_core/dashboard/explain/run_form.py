"""The explain page's form: settings of a run, and its start."""

import itertools
import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import streamlit as st

from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.settings_form import SettingsForm, about, reading_form
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.source_files import base_name
from sparklime_core.explain.engines import ENGINES, USUAL_POOLS
from sparklime_core.explain.settings import (
    ExplainerSettings,
    ExplainSettings,
    RunSettings,
    limes_width,
)
from sparklime_core.jobs.expected_time import expected_seconds, usual_stability_rows
from sparklime_core.setting import settings_of
from sparklime_core.wording import count, duration

STABILITY = {
    "auto": f"from {USUAL_POOLS} pools, where the engine draws samples",
    "5": "from 5 pools",
    "10": "from 10 pools",
    "0": "not measured",
}
STABILITY_HELP = (
    "Each row is explained from several pools of samples. The weights get error bars for their sampling "
    "noise. Each pool costs one more solve per row and changes no explanation. With the engine exact, "
    "the figures show the sampling error of lime itself."
)


@dataclass(frozen=True)
class RunForm:
    """The settings of a run, as chosen in the form."""

    explain: ExplainSettings
    explainer: ExplainerSettings
    rows: str | int
    stability: int
    stability_rows: int | None


def run_form(dataset: Dataset, test_rows: int) -> RunForm | None:
    """Draw the form; return its settings when it is sent.

    Raises
    ------
    SettingsError
        When a setting is outside of what is allowed.
    """
    engines = sorted(ENGINES, key=lambda name: ENGINES[name].is_slow)
    features = len(dataset.feature_names)
    explain, explainer = SettingsForm(ExplainSettings), SettingsForm(ExplainerSettings)
    with st.form("explain"):
        about_engines = "\n\n".join(ENGINES[name].words for name in engines)
        words = {**about(settings_of(ExplainSettings)["engine"]), "help": about_engines}
        engine = st.segmented_control(
            options=engines,
            default=engines[0],
            format_func=str.capitalize,
            required=True,
            **words,
        )
        explain.take("engine", engine)
        left, right = st.columns(2)
        with left:
            which, number = _rows(dataset.rows, test_rows)
            explain.take("labels", _labels(dataset))
        with right:
            usual = min(settings_of(ExplainSettings)["num_features"].default, features)
            # Its most is another for every table, so that it starts afresh with each.
            explain.draw("num_features", max_value=features, value=usual, persist_state=None)
            explain.draw("num_samples", min_value=100, max_value=1_000_000, step=500)
        with st.expander("More settings", icon=":material/tune:"):
            _others(explain, explainer, features)
            measured = _stability_rows(dataset.rows)
        chosen = st.selectbox(
            options=list(STABILITY),
            format_func=STABILITY.__getitem__,
            **{**about(settings_of(RunSettings)["stability"]), "help": STABILITY_HELP},
        )
        if not st.form_submit_button("Explain", type="primary", icon=":material/bolt:"):
            return None
    rows = int(number) if which == "first" else which
    pools = ENGINES[engine].usual_pools if chosen == "auto" else int(chosen)
    return RunForm(explain.chosen(), explainer.chosen(), rows, pools, measured)


def new_rows_panel(dataset: Dataset) -> None:
    """Let the rows of another table be explained by the model of this one.

    Raises
    ------
    DataError
        When the file is no table, or lacks a column that the model needs.
    """
    from sparklime_core.data.build_dataset import read_rows  # noqa: PLC0415 - only needed here
    from sparklime_core.runs.workspace import NewRows  # noqa: PLC0415 - imports scikit-learn

    st.caption(
        "A table with the columns of the training table, in any order; the target may be missing. "
        "Differences from the training table are listed below."
    )
    upload = st.file_uploader("New rows", key="new-rows-file", on_change=_take_removal)
    if upload is not None:
        with st.expander("How the rows are read (like the model's table, unless you change it)"):
            options = reading_form("new-rows")
        if options is not None or upload.file_id != st.session_state.get("read-new-rows"):
            workspace.set_new_rows(None)
            st.session_state["read-new-rows"] = upload.file_id
            name = PurePath(base_name(upload.name)).stem
            content = upload.getvalue()
            rows = read_rows(content, dataset.encoding, name=name, options=options)
            workspace.set_new_rows(NewRows(content, options or ReadOptions(), rows))
    new = workspace.new_rows()
    if new is None:
        return
    if upload is None:
        st.markdown(f"**{plain(new.name)}** ({count(new.rows, 'row')}) is still here.")
        st.button(
            "Explain the model's table instead",
            icon=":material/undo:",
            on_click=workspace.set_new_rows,
            args=(None,),
        )
    st.dataframe(
        [
            {"column": column.name, "reason": column.reason, "notes": "; ".join(column.notes)}
            for column in new.report.columns
        ],
        hide_index=True,
        column_config={"column": "Column", "reason": "Used as", "notes": "Differences from the model's table"},
        alt="Use of each column of the new rows",
    )


def _take_removal() -> None:
    """Explain the model's table again when a person removes the file; a reload leaves no file there, too."""
    if st.session_state["new-rows-file"] is None:
        workspace.set_new_rows(None)


def start_run(form: RunForm) -> str:
    """Submit a run of this session's table and model; return its id."""
    from sparklime_core.jobs.plan import RunPlan  # noqa: PLC0415 - imports scikit-learn and lime

    dataset, model, new = workspace.dataset(), workspace.model(), workspace.new_rows()
    assert dataset is not None and model is not None  # noqa: S101, PT018 - the page has seen to it
    training = None if new is None else dataset
    plan = RunPlan(
        new or dataset,
        model,
        form.explain,
        form.explainer,
        form.rows,
        training,
        form.stability,
        form.stability_rows,
    )
    run_id = services().jobs.submit(plan)
    session_state.choose_run(run_id)
    return run_id


def expected_time(rows: int, columns: int) -> None:
    """Show an estimate of the time to explain all rows, with and without stability."""
    cores, pools, some = _cores(), USUAL_POOLS, usual_stability_rows(rows)
    plain_run = expected_seconds("sampled", rows, cores, columns=columns)
    usual = expected_seconds("sampled", rows, cores, pools, some, columns=columns)
    of_all = expected_seconds("sampled", rows, cores, pools, columns=columns)
    slow = expected_seconds("reference", rows, cores, columns=columns)
    measured = f"the stability of {some:,} of them" if some else "their stability"
    more = f" (for all rows: {duration(of_all)})" if some else ""
    st.caption(
        f"All {count(rows, 'row')} take about **{duration(usual)}** on {count(cores, 'core')} with the "
        f"usual settings and {measured} measured{more}; {duration(plain_run)} without stability, "
        f"{duration(slow)} with the engine reference. Spark's start comes on top. Samples and the model "
        "change these times.",
        help=(
            "Estimated from the engines' time per row, a forest of medium size and your columns; nothing of yours "
            "was measured yet."
        ),
    )


def _cores() -> int:
    """Return the cores of the session's executors; without a session, those of this machine."""
    known = sum(executor.cores for executor in services().spark.status().executors)
    return known or os.cpu_count() or 1


def _stability_rows(rows: int) -> int | None:
    """Draw the choice of how many rows stability is measured on; on large tables, not all."""
    one = settings_of(RunSettings)["stability_rows"]
    words = {**about(one), "key": f"{one.flag}-{rows}"}  # what is usual is another for every table
    usual = usual_stability_rows(rows)
    chosen: int | None = st.number_input(min_value=1, value=usual, step=1000, placeholder=one.unset, **words)
    return chosen


def _rows(rows: int, test_rows: int) -> tuple[str, float]:
    names = {
        "all": f"all {rows:,}",
        "test": f"the {test_rows:,} test rows",
        "first": "the first …",
    }
    which = st.segmented_control(
        "Rows",
        list(names),
        default="all",
        format_func=names.__getitem__,
        key="which-rows",
        required=True,
        help="The model has not seen the test rows in training.",
    )
    number = st.number_input("Number of rows, if the first …", 1, rows, min(100, rows), key="first-rows")
    return str(which), float(number)


def _labels(dataset: Dataset) -> str:
    if dataset.class_names is None:
        return "all"
    names = {"predicted": "the predicted one", "all": f"all {len(dataset.class_names)}"}
    return str(
        st.segmented_control(
            options=list(names),
            default="predicted",
            format_func=names.__getitem__,
            required=True,
            **{**about(settings_of(ExplainSettings)["labels"]), "help": None},
        )
    )


def _others(
    explain: SettingsForm[ExplainSettings], explainer: SettingsForm[ExplainerSettings], features: int
) -> None:
    """Draw all further settings in two columns."""
    columns = itertools.cycle(st.columns(2))
    special: dict[str, Any] = {"kernel_width": {"placeholder": f"lime's {limes_width(features):.2f}"}}
    for form in (explain, explainer):
        for name in form.left():
            with next(columns):
                form.draw(name, **special.get(name, {}))
