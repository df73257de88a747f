"""Start: one click to explanations, or the next step of one's own."""

import streamlit as st

from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.empty_state import earlier_work
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import DATA, EXPLAIN, HELP, HOME, MODEL, RACE, ROWS, RUNS, SPARK
from sparklime_core.dashboard.shared.run_state import state_badge
from sparklime_core.dashboard.shared.services import services
from sparklime_core.explain.engines import ENGINES
from sparklime_core.wording import count


def try_it() -> str:
    """Train a forest on a bundled sample, submit a run that explains all its rows, and return the run's id."""
    with st.spinner("Reading the sample and training a forest …", show_time=True):
        # Spark starts, and its workers import lime, while the forest is trained.
        services().spark.connect_soon()
        from sparklime_core.explain.settings import ExplainSettings  # noqa: PLC0415 - seconds, and only for this click
        from sparklime_core.jobs.plan import RunPlan  # noqa: PLC0415
        from sparklime_core.models.train import train_forest  # noqa: PLC0415

        dataset = workspace.use_sample(workspace.SAMPLE)
        model = train_forest(dataset)
        workspace.set_model(model)
        settings = ExplainSettings()
        plan = RunPlan(dataset, model, settings, stability=ENGINES[settings.engine].usual_pools)
        run_id = services().jobs.submit(plan)
    session_state.choose_run(run_id)
    return run_id


st.title("SparkLIME", anchor=False)
st.markdown("Why did the model say that, for **every** row? LIME explanations, computed by Spark's executors.")

with st.container(border=True):
    st.markdown("## See it work")
    st.caption(
        "Trains a random forest on a bundled sample (569 tumours, 30 measurements), and explains each "
        "row with Spark on this machine."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Try it", type="primary", icon=":material/play_arrow:", key="try-it")
        st.page_link(RACE, label="Or race it against lime", icon=":material/sports_score:")
if clicked:
    with shown_errors():
        st.switch_page(ROWS, query_params={"run": try_it()})

st.markdown("## Or with your own table")
kept = workspace.facts()
if kept is None:
    earlier_work(HOME)
steps = [
    (
        DATA,
        "1. Data",
        ":material/table:",
        "A CSV or Parquet file, or a sample",
        plain(kept.table.name) if kept else None,
    ),
    (
        MODEL,
        "2. Model",
        ":material/forest:",
        "Train a random forest, or bring your own model",
        "trained" if kept and kept.model else None,
    ),
    (SPARK, "3. Spark", ":material/hub:", "Embedded, a cluster on this machine, or your own", None),
    (EXPLAIN, "4. Explain", ":material/bolt:", "Every row, on the executors, with live progress", None),
]
with st.grid(4, min_column_width=190):
    for page, label, icon, text, done in steps:
        with st.container(border=True, height="stretch"):
            st.page_link(page, label=label, icon=icon)
            st.caption(text)
            if done:
                st.markdown(f":green[:material/check:] {done}")

recent = services().store.runs()[:5]
if recent:
    st.markdown("## Recent runs")
    for run in recent:
        with shown_errors(), st.container(horizontal=True, vertical_alignment="center", gap="small"):
            manifest = run.manifest()
            st.page_link(
                ROWS,
                label=plain(manifest.title),
                icon=":material/troubleshoot:",
                query_params={"run": run.id},
                help=plain(run.id),
            )
            st.caption(f"{count(manifest.rows_explained, 'row')} · {manifest.explain.engine}", width="content")
            state_badge(manifest.state)
    st.page_link(RUNS, label="All runs", icon=":material/history:")

with st.expander("What LIME is, and what it is not", icon=":material/help:"):
    st.markdown(
        "LIME makes many variants of a row and asks the model about each. It fits a small linear model "
        "(the *surrogate*) to the answers; variants near the row weigh more. Its weights say which "
        "conditions of the row speak for a class and which against it.\n\n"
        "- It explains the **model**, not the world: a weight is not a cause.\n"
        "- It is **local**: the weights hold around this row.\n"
        "- It is an approximation. **Local R²** says how good. Where it is low, do not rely on the "
        "weights."
    )
    st.page_link(HELP, label="All of its limits, the words used here, and the papers", icon=":material/help:")
