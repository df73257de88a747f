"""The table and the model that this browser had last, for a session that has none yet."""

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count, plain


def earlier_work(page: str) -> None:
    """Offer what this browser had last, and say of a link to somebody else's that it opens nothing.

    Parameters
    ----------
    page
        Where the person goes on with it.
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
            st.switch_page(page)
