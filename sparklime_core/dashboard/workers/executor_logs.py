"""The proof that the executors did the work: the lines that they printed on their own standard error."""

import streamlit as st

from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count, executor_name, plain
from sparklime_core.runs.manifest import Manifest


def evidence_panel(manifest: Manifest) -> None:
    """Show, for each executor, its lines about rows, the broadcast model and the explainer."""
    from sparklime_core.jobs.executor_logs import run_outputs  # noqa: PLC0415 - imports pyspark

    st.caption(
        "Each executor writes to its standard error: the row that it explains, and the broadcast model "
        "and explainer that it loaded. These are its log files."
    )
    if not services().may_see_logs():
        st.info("They stand among lines of other people's runs: operators see them.", icon=":material/lock:")
        return
    with shown_errors():
        outputs = run_outputs(manifest)
        if not outputs:
            st.info("The executors' logs of this run are not on this machine.", icon=":material/description:")
        for output in outputs:
            with st.expander(
                f"The last {count(len(output.evidence), 'line')} of {plain(executor_name(output.executor))}",
                expanded=len(outputs) <= 4,
            ):
                st.code("\n".join(output.evidence) or "no such line", language=None, wrap_lines=True, height=220)
                st.caption("File")
                st.code(str(output.path), language=None, wrap_lines=True)
