"""The dashboard: ``streamlit run app.py``. It routes; pages are in pages/views, what they share in the package.

Streamlit imports this file once, for the server that it declares, and runs it as a script for each session.
"""

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

import sparklime_core.dashboard
from sparklime_core.dashboard.shared.messages import guarded
from sparklime_core.dashboard.shared.navigation import page_heading, pages, sidebar
from sparklime_core.dashboard.shared.people import is_let_in, sign_in_page
from sparklime_core.dashboard.shared.services import warm_up
from sparklime_core.dashboard.shared.workspace import follow_address

ASSETS = Path(sparklime_core.dashboard.__file__).parent / "assets"


def draw() -> None:
    """Draw the page that a session asks for."""
    st.set_page_config(
        page_title="SparkLIME", page_icon=str(ASSETS / "icon.svg"), layout="wide", initial_sidebar_state=240
    )
    st.html(ASSETS / "page.css")
    let_in = is_let_in()
    page = st.navigation(pages(), expanded=True, position="sidebar" if let_in else "hidden")
    if let_in:
        with guarded():
            follow_address()
            sidebar()
        with guarded():
            page_heading(page.title)
            page.run()
    else:
        with guarded():
            sign_in_page()
    warm_up()


if __name__ == "__main__":
    draw()
else:
    from streamlit.runtime.pages_manager import PagesManager

    from sparklime_core.dashboard.middleware import HttpPolicy, SignInReturn
    from sparklime_core.dashboard.shared.services import imports_begun
    from sparklime_core.paths import PRIVATE_MASK, private_folder
    from sparklime_core.runs.store import RunStore

    # Until `st.navigation` is called for the first time, Streamlit looks for pages in the folder "pages". It shows
    # "Page not found" at every address but the start.
    PagesManager.uses_pages_directory = False
    os.umask(PRIVATE_MASK)
    private_folder(RunStore.default().root.parent)
    app = st.App(__file__, lifespan=imports_begun, middleware=[Middleware(HttpPolicy), Middleware(SignInReturn)])
