"""Texts on a page: names from data made harmless, and errors in one sentence, never a traceback."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from sparklime_core.errors import SparkLimeError
from sparklime_core.printable import printable

_JOINER = "\u2060"
"""A word joiner: invisible, and it keeps Streamlit from seeing ":smile:" or "->" where a name holds them."""

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ARROWS = re.compile(r"(<->|->|<-|--|>=|<=|~=)")
_log = logging.getLogger(__name__)


def plain(text: object) -> str:
    """Return a text that Streamlit's Markdown shows literally, on one line.

    Every mark of punctuation is escaped; characters that cannot be shown, or turn a line around, are written out.
    Streamlit looks for emoji short codes, icons and arrows once more after the escapes are gone, so these get an
    invisible word joiner inside.
    """
    line = printable(" ".join(str(text).split()), None)
    parts = [_ARROWS.sub(lambda found: _JOINER.join(found.group()), part) for part in line.split(":")]
    return _PUNCTUATION.sub(r"\\\1", f":{_JOINER}".join(parts))


@contextmanager
def guarded() -> Iterator[None]:
    """Show any error of a page as one sentence; an unexpected one goes to the server's log in full."""
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
