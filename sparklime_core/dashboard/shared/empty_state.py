"""Empty states: what a page shows without its run, its table or its model."""

from typing import NoReturn

import streamlit as st

from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import DATA, HOME, RUNS
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.run import Run
from sparklime_core.wording import count


def next_step(text: str, page: str, label: str, icon: str) -> None:
    """Show an empty state: what is missing, and the page where to get it."""
    with st.container(border=True):
        st.markdown(text)
        st.page_link(page, label=label, icon=icon)


def required_run() -> Run:
    """Return the open run; without one, show the ways to one and stop the page."""
    run = session_state.open_run()
    if run is None:
        newest = services().store.runs()[:1]
        for found in newest:
            with shown_errors():
                _offer(found)
        if newest:
            next_step("Or open another run:", RUNS, "Runs", ":material/history:")
        next_step("Explain a sample with one click:", HOME, "Start", ":material/play_circle:")
        st.stop()
    return run


def _offer(run: Run) -> None:
    """Offer to open a run on the page that asked for one."""
    manifest = run.manifest()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"No run is open. The newest is of **{plain(manifest.title)}** "
            f"({count(manifest.rows_explained, 'row')} explained)."
        )
        if st.button("Open it", icon=":material/troubleshoot:", key="newest-run"):
            session_state.choose_run(run.id)
            st.rerun()


def no_table(page: str) -> NoReturn:
    """Show that a page has no table to work on, and the ways to one; stop the page.

    Parameters
    ----------
    page
        The one that asks for it.
    """
    table = workspace.source()
    if table is None:
        earlier_work(page)
        next_step("There is no table yet.", DATA, "Choose a table", ":material/table:")
    else:
        name = plain(table.name)
        next_step(f"The table **{name}** has no target yet.", DATA, "Choose what to predict", ":material/table:")
    st.stop()


def earlier_work(page: str) -> None:
    """Offer the last table and model of this browser; say if a link is to another person's table.

    Parameters
    ----------
    page
        Where the person goes on with it, if the table has a target.
    """
    signed_in = services().person.is_signed_in
    if workspace.is_refused():
        st.info(
            "The table of this link is deleted, or belongs to another person. "
            + (
                "The people with whom it is shared can open it."
                if signed_in
                else "Only the browser that uploaded a table can see it."
            ),
            icon=":material/lock:",
        )
    found = workspace.earlier()
    if found is None:
        return
    table, model = found.facts.table, found.facts.model
    what = f"**{plain(table.name)}** ({count(table.rows, 'row')})" + (" and its model" if model else "")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        are = "are" if model else "is"
        st.markdown(f"{what} {are} still here.")
        if st.button("Continue with it", icon=":material/history:", key="earlier-work"):
            workspace.take_up(found)
            st.switch_page(page if found.facts.chosen else DATA)
