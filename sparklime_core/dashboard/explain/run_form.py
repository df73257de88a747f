"""The explain page's form: settings of a run, and its start."""

from dataclasses import dataclass
from pathlib import PurePath

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.reading_form import reading_form
from sparklime_core.dashboard.shared.services import services
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.source_bytes import base_name
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.settings import (
    DISCRETIZERS,
    FEATURE_SELECTIONS,
    MAX_SEED,
    EngineName,
    ExplainerSettings,
    ExplainSettings,
)

USUAL_POOLS = 5
STABILITY = {
    "auto": f"from {USUAL_POOLS} pools, if the engine draws samples",
    "5": "from 5 pools",
    "10": "from 10 pools",
    "0": "not measured",
}
STABILITY_HELP = (
    "Each row is explained from several pools of samples, to see how far its explanation depends on chance: the "
    "weights get error bars. Each pool costs one more solve a row, and changes no explanation. With the engine "
    "exact, it says how far plain lime would be off."
)


@dataclass(frozen=True)
class RunForm:
    """What a person chose."""

    explain: ExplainSettings
    explainer: ExplainerSettings
    rows: str | int
    stability: int


def usual_pools(engine: EngineName) -> int:
    """Return from how many pools stability is measured unless a person chooses otherwise."""
    return USUAL_POOLS if ENGINES[engine].draws_samples and not ENGINES[engine].is_slow else 0


def run_form(dataset: Dataset, test_rows: int) -> RunForm | None:
    """Draw the form; return what was chosen when it is sent.

    Raises
    ------
    SettingsError
        When a setting is outside of what is allowed.
    """
    engines = sorted(ENGINES, key=lambda name: ENGINES[name].is_slow)
    with st.form("explain"):
        engine = st.segmented_control(
            "Engine",
            engines,
            default=ExplainSettings.engine,
            format_func=str.capitalize,
            help="\n\n".join(f"{name.capitalize()}: {ENGINES[name].words}" for name in engines),
            key="engine",
            persist_state="session",
            required=True,
        )
        left, right = st.columns(2)
        with left:
            which, number = _rows(dataset.rows, test_rows)
            labels = _labels(dataset)
        with right:
            features = st.number_input(
                "Features in an explanation",
                1,
                len(dataset.feature_names),
                min(10, len(dataset.feature_names)),
                key="num-features",
                help="The most conditions that an explanation holds; the strongest ones are kept.",
            )
            samples = st.number_input(
                "Samples",
                100,
                1_000_000,
                5000,
                step=500,
                key="num-samples",
                persist_state="session",
                help="Size of the perturbed neighbourhood. The exact engine needs it for R² alone.",
            )
        with st.expander("More settings", icon=":material/tune:"):
            seed, explainer = _advanced(len(dataset.feature_names))
            profiles = st.toggle(
                "Keep profiles",
                key="profiles",
                persist_state="session",
                help="Stores what every bin of a reason's feature does to the prediction, for exports. The page "
                "shows a row's profiles in any case.",
            )
        chosen = st.selectbox(
            "Stability",
            list(STABILITY),
            format_func=STABILITY.__getitem__,
            key="stability",
            persist_state="session",
            help=STABILITY_HELP,
        )
        if not st.form_submit_button("Explain", type="primary", icon=":material/bolt:"):
            return None
    rows = int(number) if which == "first" else which
    pools = usual_pools(engine) if chosen == "auto" else int(chosen)
    return RunForm(
        ExplainSettings(engine, labels, int(features), int(samples), seed, profiles), explainer, rows, pools
    )


def new_rows_panel(dataset: Dataset) -> None:
    """Let the rows of another table be explained by the model of this one.

    Raises
    ------
    DataError
        When the file is no table, or lacks a column that the model needs.
    """
    from sparklime_core.data.build_dataset import read_rows  # noqa: PLC0415 - only needed here

    st.caption(
        "A table with the columns that the model was trained on, in any order; its target may be missing. "
        "What is unlike the first table is said below."
    )
    upload = st.file_uploader("New rows", key="new-rows-file")
    if upload is None:
        session_state.set_new_rows(None)
        return
    with st.expander("How the rows are read: as the model's table, unless you choose otherwise"):
        options = reading_form("new-rows")
    if options is not None or upload.file_id != st.session_state.get("read-new-rows"):
        session_state.set_new_rows(None)
        st.session_state["read-new-rows"] = upload.file_id
        name = PurePath(base_name(upload.name)).stem
        content = upload.getvalue()
        session_state.set_new_rows(read_rows(content, dataset.encoding, name=name, options=options))
    new = session_state.new_rows()
    if new is None:
        return
    st.dataframe(
        [
            {"column": column.name, "reason": column.reason, "notes": "; ".join(column.notes)}
            for column in new.report.columns
        ],
        hide_index=True,
        column_config={"column": "Column", "reason": "Used as", "notes": "Unlike the model's table"},
        alt="What became of each column of the new rows",
    )


def start_run(form: RunForm) -> str:
    """Submit a run of this session's table and model; return its id."""
    from sparklime_core.jobs.plan import RunPlan  # noqa: PLC0415 - imports scikit-learn and lime

    dataset, model, new = session_state.dataset(), session_state.model(), session_state.new_rows()
    assert dataset is not None and model is not None  # noqa: S101, PT018 - the page has seen to it
    training = None if new is None else dataset
    plan = RunPlan(new or dataset, model, form.explain, form.explainer, form.rows, training, form.stability)
    run_id = services().manager.submit(plan, session_state.person())
    session_state.choose_run(run_id)
    return run_id


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
        help="Test rows are those that the model has not seen in training.",
    )
    number = st.number_input("How many, if the first …", 1, rows, min(100, rows), key="first-rows")
    return str(which), float(number)


def _labels(dataset: Dataset) -> str:
    if dataset.class_names is None:
        return "all"
    names = {"predicted": "the predicted one", "all": f"all {len(dataset.class_names)}"}
    return str(
        st.segmented_control(
            "Explained classes",
            list(names),
            default="predicted",
            format_func=names.__getitem__,
            key="labels",
            persist_state="session",
            required=True,
        )
    )


def _advanced(features: int) -> tuple[int, ExplainerSettings]:
    left, right = st.columns(2)
    with left:
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            0,
            key="seed",
            persist_state="session",
            help="Of the one random state that is made anew for every row: the same seed, the same result.",
        )
        discretizer = st.selectbox("Discretizer", DISCRETIZERS, key="discretizer", persist_state="session")
    with right:
        usual = 0.75 * features**0.5
        width = st.number_input(
            "Kernel width",
            0.01,
            None,
            None,
            key="kernel-width",
            persist_state="session",
            placeholder=f"lime's {usual:.2f}",
            help="How far from the row samples still count; empty: 0.75 times the root of the number of features.",
        )
        selection = st.selectbox(
            "Feature selection", FEATURE_SELECTIONS, key="feature-selection", persist_state="session"
        )
    return int(seed), ExplainerSettings(discretizer, width, selection)
