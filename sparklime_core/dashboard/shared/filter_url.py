"""The filter of the rows: one for the session, and in the URL, so that a link to a filtered list can be sent."""

import streamlit as st

from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.filter.url import filter_text, read_filter
from sparklime_core.runs.manifest import Manifest

PARAMETER = "filter"


def current_filter(manifest: Manifest) -> RowFilter:
    """Return the filter of the URL, or the one that this session had before in this run."""
    kept: RowFilter = st.session_state.get("row-filter") or RowFilter()
    linked = st.query_params.get(PARAMETER)
    if linked is None or linked == filter_text(kept):
        set_filter(kept)
        return kept
    classes = manifest.data.class_names
    found = read_filter(linked, len(manifest.data.features), len(classes or ()))
    set_filter(found)
    return found


def set_filter(wanted: RowFilter) -> None:
    """Filter the rows, and put that into the URL."""
    st.session_state["row-filter"] = wanted
    text = filter_text(wanted)
    if text:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)
