"""The filter of the rows: one per session, and in the URL, so that a filtered list has a link."""

import streamlit as st

from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.filter.url import filter_text, read_filter
from sparklime_core.runs.manifest import Manifest

PARAMETER = "filter"


def current_filter(manifest: Manifest) -> RowFilter:
    """Return the filter of the URL, or the last one of the session."""
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
    """Set the filter of the session and of the URL."""
    st.session_state["row-filter"] = wanted
    text = filter_text(wanted)
    if text:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)
