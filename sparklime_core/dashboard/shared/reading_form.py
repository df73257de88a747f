"""The form of how a file is read: every choice that the command line has."""

from typing import Any

import streamlit as st

from sparklime_core.data.read_options import DELIMITERS, ReadOptions

FOUND_OUT = "find out"
ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "cp949"),
)
_DECIMALS = {".": "point: 1,234.5", ",": "comma: 1.234,5"}
_HEADERS = {True: "names the columns", False: "is a row"}
_DAYS = {True: "day before month", False: "month before day"}
_QUOTES = {'"': '" (double)', "'": "' (single)", "": "none: ordinary characters"}
_ESCAPES = {"": 'doubled: ""', "\\": 'after a backslash: \\"'}
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
            encoding = _choice("Encoding", {name: name for name in ENCODINGS}, f"{key}-encoding")
            delimiter = _choice("Delimiter", DELIMITERS, f"{key}-delimiter")
            decimal = _choice("Decimal mark", _DECIMALS, f"{key}-decimal")
            header = _choice("The first line", _HEADERS, f"{key}-header")
            day_first = _choice("Dates", _DAYS, f"{key}-dates")
            quote = _choice("Quotation mark", _QUOTES, f"{key}-quote")
            escape = _choice("Quotation marks in texts", _ESCAPES, f"{key}-escape")
            missing = _choice("No value", {_EMPTY: _EMPTY, _LISTED: _LISTED}, f"{key}-missing", "the usual words")
            words = st.text_input("Words for no value", key=f"{key}-words", placeholder="NA, -, ?")
            member = st.text_input("File in a zip archive", key=f"{key}-member", placeholder=FOUND_OUT)
        if not st.form_submit_button("Read it again", icon=":material/refresh:", key=f"{key}-again"):
            return None
    listed = tuple(word.strip() for word in words.split(",") if word.strip())
    return ReadOptions(
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        header=header,
        decimal=decimal,
        day_first=day_first,
        missing_words={_EMPTY: (), _LISTED: listed}.get(missing),
        member=member.strip() or None,
        escape=escape,
    )


def _choice(label: str, options: dict[Any, str], key: str, unchosen: str = FOUND_OUT) -> Any:
    """Draw a choice that is left to SparkLIME unless a person makes it."""
    names = {None: unchosen, **options}
    return st.selectbox(label, list(names), format_func=names.__getitem__, key=key)
