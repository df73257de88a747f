"""Errors on a page: one sentence, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from sparklime_core.dashboard.text import plain
from sparklime_core.errors import SparkLimeError


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show an error that a person can act on as its sentence, and go on after the block."""
    try:
        yield
    except SparkLimeError as error:
        show_error(str(error))


def show_error(sentence: str) -> None:
    """Show an error's sentence, in which names from data stay literal."""
    st.error(plain(sentence), icon=":material/error:")
