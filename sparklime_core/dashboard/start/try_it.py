"""One click from nothing to explanations."""

import streamlit as st

from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.services import services
from sparklime_core.explain.engines import ENGINES


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
