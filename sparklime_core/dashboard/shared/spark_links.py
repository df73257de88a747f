"""Links to Spark's own web pages."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st

from sparklime_core.dashboard.shared.services import services


def live_links(links: Mapping[str, str]) -> None:
    """Show links to the pages about a run; they end with the session that explained it."""
    present = services().spark.status().links if services().started else {}
    if links.get("application") is not None and links.get("application") == present.get("application"):
        web_links(links)
    elif links:
        st.caption("Spark's own pages about this run ended with its session.")


def web_links(links: Mapping[str, str]) -> None:
    """Show links to web pages by their names; what is no web address is left out."""
    addresses = {name: url for name, url in links.items() if urlsplit(url).scheme in ("http", "https")}
    if not addresses:
        return
    with st.container(horizontal=True, gap="small"):
        for name, url in addresses.items():
            st.link_button(f"Spark's page: {name}", url, icon=":material/open_in_new:", type="tertiary")
