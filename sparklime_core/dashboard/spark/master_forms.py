"""The Spark page's parts: the three places to explain at, and what is connected now."""

import os
from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.run_state import executors_table, web_links
from sparklime_core.spark.session.master import is_embedded
from sparklime_core.wording import count

if TYPE_CHECKING:
    from sparklime_core.jobs.spark_connection import SparkService, SparkStatus
    from sparklime_core.spark.executors.self_report import ExecutorReport


def place_of(status: "SparkStatus") -> str:
    """Return which of the three forms the chosen master belongs to."""
    if status.cluster is not None and status.master == status.cluster.url:
        return "cluster"
    return "embedded" if is_embedded(status.master) else "existing"


def local_form(service: "SparkService") -> None:
    """Draw the form of embedded Spark: its number of threads."""
    from sparklime_core.jobs.spark_connection import most_threads  # noqa: PLC0415 - imports pyspark

    cores = os.cpu_count() or 1
    with st.form("embedded"):
        st.caption("Spark inside this server: nothing to set up, and no processes besides its own.")
        threads = st.number_input(
            "Threads", 1, most_threads(), cores, help=f"This machine has {cores:d} processor cores."
        )
        if st.form_submit_button("Use embedded Spark", icon=":material/memory:"):
            service.choose(f"local[{int(threads)}]")
            _connect(service)


def cluster_form(service: "SparkService") -> None:
    """Start or stop a standalone cluster on this machine."""
    with st.form("cluster"):
        st.caption(
            "A real standalone master with its workers, each in its own process on 127.0.0.1. A run "
            "that works here works on a cluster of machines."
        )
        with st.grid(3, min_column_width=130):
            workers = st.number_input("Workers", 1, 64, 2, key="workers", persist_state="session")
            cores = st.number_input("Cores, each", 1, 64, 1, key="cores", persist_state="session")
            size = st.number_input(
                "Memory, each (MiB)", 512, None, 1024, step=256, key="memory", persist_state="session"
            )
        if st.form_submit_button("Start the cluster", type="primary", icon=":material/dns:"):
            with st.spinner(f"Starting a master and {count(int(workers), 'worker')} …", show_time=True):
                service.start_cluster(int(workers), int(cores), f"{int(size)}m")
            _connect(service)


def existing_form(service: "SparkService") -> None:
    """Connect to a master that exists."""
    from sparklime_core.jobs.spark_connection import allowed_masters  # noqa: PLC0415 - imports pyspark

    with st.form("existing"):
        st.caption(
            "A standalone master (spark://…) or a server of Spark Connect (sc://…) of the same Spark version. "
            "Those on this machine are allowed; others must be named by the operator of this server in "
            "SPARKLIME_MASTERS."
        )
        url = st.selectbox(
            "Master", list(allowed_masters()), index=None, accept_new_options=True, placeholder="spark://host:7077"
        )
        if st.form_submit_button("Connect", icon=":material/cable:") and url:
            service.choose(url.strip())
            _connect(service)


def status_panel(service: "SparkService") -> None:
    """Show what is chosen, what is connected, its executors and web pages."""
    status = service.status()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(status.master, width="content")
            _badge(status)
        if not status.connected:
            st.caption("The first run connects to it.")
        web_links(status.links)
        if status.cluster is not None:
            st.caption("Logs of the master and the workers")
            st.code(str(status.cluster.logs), language=None, wrap_lines=True)
        if status.executors:
            executors_table([vars(executor) for executor in status.executors])
        _buttons(service, status)
        if status.connected and service.checked is not None:
            _findings(*service.checked)


def _buttons(service: "SparkService", status: "SparkStatus") -> None:
    idle = status.connected and not status.busy
    with st.container(horizontal=True):
        connected = not status.connected and st.button("Connect now", icon=":material/cable:")
        checked = idle and st.button(
            "Check the executors",
            icon=":material/health_and_safety:",
            help=(
                "Asks each executor for its Python, package versions and memory, and compares them with "
                "this server's."
            ),
        )
        ended = idle and st.button("Disconnect", icon=":material/link_off:")
        stopped = status.cluster is not None and st.button(
            "Stop the cluster", icon=":material/power_settings_new:", disabled=status.busy
        )
    with shown_errors():
        if checked:
            _check(service)
        if connected:
            _connect(service)
        if ended:
            service.disconnect()
        if stopped:
            with st.spinner("Stopping the cluster …"):
                service.stop_cluster()
        if connected or ended or stopped:
            st.rerun()


def _check(service: "SparkService") -> None:
    from sparklime_core.spark.waves.payload import packages_in, pickled  # noqa: PLC0415 - imports pyspark

    model = workspace.model()
    with st.spinner("Asking every executor …", show_time=True):
        if model is None:
            service.check()
        else:
            data = pickled(model.estimator)
            service.check(len(data), packages_in(data))


def _findings(reports: "list[ExecutorReport]", wrong: list[str]) -> None:
    for problem in wrong:
        st.warning(plain(problem), icon=":material/warning:")
    if not wrong:
        st.success("All executors can explain.", icon=":material/check_circle:")
    st.code("\n".join(report.summary() for report in reports), language=None, wrap_lines=True)


def _connect(service: "SparkService") -> None:
    with st.spinner("Connecting to Spark, and checking its executors …", show_time=True):
        service.connect_and_check()


def _badge(status: "SparkStatus") -> None:
    if status.busy:
        st.badge("a run uses it", icon=":material/progress_activity:", color="blue")
    elif status.connected:
        st.badge("connected", icon=":material/check_circle:", color="green")
    else:
        st.badge("not connected", icon=":material/radio_button_unchecked:", color="gray")
