"""Work that goes on behind a page and is no run: found again by its id, which is kept in the URL."""

from typing import Any

import streamlit as st

from sparklime_core.dashboard.shared.services import services


def begin(kind: str, work: Any) -> None:
    """Remember some work as what this session looks at on the page of this kind."""
    chosen = services().keep(work)
    st.session_state[f"{kind}-work"] = chosen
    st.query_params[kind] = chosen


def looked_at(kind: str) -> Any | None:
    """Return the work that the URL names, or that this session has begun last; None where the server lost it."""
    chosen = st.query_params.get(kind) or st.session_state.get(f"{kind}-work")
    if chosen is None:
        return None
    work = services().kept(chosen)
    if work is not None:
        st.query_params[kind] = chosen
    return work
