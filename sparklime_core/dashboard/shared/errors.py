"""Errors on a page: one sentence, never a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from sparklime_core.dashboard.shared.text import plain
from sparklime_core.errors import SparkLimeError

_log = logging.getLogger(__name__)


@contextmanager
def guarded() -> Iterator[None]:
    """Show any error of a page as one sentence; what nobody foresaw goes to the server's log in full."""
    try:
        with shown_errors():
            yield
    except Exception:  # noqa: BLE001 - the last resort
        _log.exception("A page failed")
        show_error("This page has failed; the server's log says why, and the other pages still work.")


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
