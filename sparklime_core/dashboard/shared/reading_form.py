"""The form of how a file is read: every choice that the command line has."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sparklime_core.data.read_options import DELIMITERS, ReadOptions
from sparklime_core.setting import settings_of

ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "cp949"),
)
_OPTIONS: dict[str, Mapping[Any, str]] = {
    "encoding": {name: name for name in ENCODINGS},
    "delimiter": DELIMITERS,
    "decimal": {".": "point: 1,234.5", ",": "comma: 1.234,5"},
    "header": {True: "names the columns", False: "is a row"},
    "day_first": {True: "day before month", False: "month before day"},
    "quote": {'"': '" (double)', "'": "' (single)", "": "none: ordinary characters"},
    "escape": {"": 'doubled: ""', "\\": 'after a backslash: \\"'},
}
_EMPTY, _LISTED = "empty cells alone", "these, with commas between"


def reading_form(key: str) -> ReadOptions | None:
    """Let it be overruled how a file is read; return the options when they are sent.

    Parameters
    ----------
    key
        What the names of the form's widgets begin with.
    """
    with st.form(f"{key}-form", border=False):
        with st.grid(5, min_column_width=150):
            chosen = {name: _choice(name, options, key) for name, options in _OPTIONS.items()}
            missing = _choice("missing_words", {_EMPTY: _EMPTY, _LISTED: _LISTED}, key, "the usual words")
            words = st.text_input("Words for no value", key=f"{key}-words", placeholder="NA, -, ?")
            file = settings_of(ReadOptions)["member"]
            member = st.text_input(file.label, key=f"{key}-member", placeholder=file.unset)
        if not st.form_submit_button("Read it again", icon=":material/refresh:", key=f"{key}-again"):
            return None
    listed = tuple(word.strip() for word in words.split(",") if word.strip())
    missing_words = {_EMPTY: (), _LISTED: listed}.get(missing)
    return ReadOptions(**chosen, missing_words=missing_words, member=member.strip() or None)


def _choice(name: str, options: Mapping[Any, str], key: str, unset: str | None = None) -> Any:
    """Draw a choice that is left to SparkLIME unless a person makes it."""
    one = settings_of(ReadOptions)[name]
    names = {None: unset or one.unset, **options}
    return st.selectbox(one.label, list(names), format_func=names.__getitem__, key=f"{key}-{one.flag}")
