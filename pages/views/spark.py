"""Spark: choose where rows are explained, see what runs there, and check that it can."""

import streamlit as st

from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.spark.master_forms import (
    cluster_form,
    existing_form,
    local_form,
    place_of,
    status_panel,
)

service = services().spark
place = st.segmented_control(
    "Explain on",
    ["embedded", "cluster", "existing"],
    default=place_of(service.status()),
    format_func={
        "embedded": "embedded Spark",
        "cluster": "a cluster on this machine",
        "existing": "an existing cluster",
    }.__getitem__,
    key="spark-place",
    persist_state="session",
    required=True,
)
with shown_errors():
    {"embedded": local_form, "cluster": cluster_form, "existing": existing_form}[place](service)
status_panel(service)
