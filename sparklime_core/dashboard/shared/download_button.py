"""The button of every file that a person can take away."""

import mimetypes
from collections.abc import Callable
from typing import Any

import streamlit as st

mimetypes.add_type("application/vnd.apache.parquet", ".parquet")


def download_button(label: str, make: Callable[[], bytes | str], name: str, icon: str, **options: Any) -> None:
    """Draw a button that makes a file when it is clicked, and leaves the page as it is."""
    mime = mimetypes.guess_type(name)[0]
    st.download_button(
        label, make, file_name=name, mime=mime, on_click="ignore", icon=f":material/{icon}:", **options
    )
