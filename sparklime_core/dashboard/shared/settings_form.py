"""Forms of settings: `SettingsForm`, whose widgets are made from the fields, and how a file is read."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import streamlit as st

from sparklime_core.data.read_options import DELIMITERS, ReadOptions
from sparklime_core.setting import Setting, Settings, settings_of
from sparklime_core.setting_kinds import Choice, Positive, Share, Switch, Whole

Chosen = TypeVar("Chosen", bound=Settings)
ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "cp949"),
)
_READING_OPTIONS: dict[str, Mapping[Any, str]] = {
    "encoding": {name: name for name in ENCODINGS},
    "delimiter": DELIMITERS,
    "decimal": {".": "point: 1,234.5", ",": "comma: 1.234,5"},
    "header": {True: "names the columns", False: "is a row"},
    "day_first": {True: "day before month", False: "month before day"},
    "quote": {'"': '" (double)', "'": "' (single)", "": "none: ordinary characters"},
    "escape": {"": 'doubled: ""', "\\": 'after a backslash: \\"'},
}
_EMPTY, _LISTED = "empty cells alone", "these, with commas between"


class SettingsForm(Generic[Chosen]):
    """Draws settings one by one, then the rest of them: a new setting needs no line here.

    Parameters
    ----------
    settings
        The class.
    before
        What was chosen before, with which the form begins; None: with the defaults.
    """

    def __init__(self, settings: type[Chosen], before: Chosen | None = None) -> None:
        self._settings = settings
        self._before = before
        self._values: dict[str, Any] = {}

    def draw(self, name: str, names: Mapping[str, str] | None = None, **special: Any) -> Any:
        """Draw the widget of a setting; return its value.

        Parameters
        ----------
        name
            Of the field.
        names
            What the names of a choice are called.
        special
            What the widget is given in place of what the field says.
        """
        one = settings_of(self._settings)[name]
        start = one.default if self._before is None else getattr(self._before, name)
        return self.take(name, _widget(one, names)(**{**about(one), **_values_of(one, names, start), **special}))

    def take(self, name: str, value: Any) -> Any:
        """Take note of a value that is chosen in another way; return it."""
        self._values[name] = value
        return value

    def left(self) -> list[str]:
        """Return the fields that have no value yet."""
        return [name for name in settings_of(self._settings) if name not in self._values]

    def chosen(self) -> Chosen:
        """Return the settings; what was neither drawn nor taken has its default.

        Raises
        ------
        SettingsError
            When a value is outside of what is allowed.
        """
        return self._settings(**self._values)


def about(one: Setting) -> dict[str, Any]:
    """Return the arguments of every widget of a setting."""
    return {"label": one.label, "help": one.help, "key": one.flag, "persist_state": "session"}


def _widget(one: Setting, names: Mapping[str, str] | None) -> Any:
    if isinstance(one.kind, Switch):
        return st.toggle
    if names is not None or isinstance(one.kind, Choice):
        return st.selectbox
    return st.number_input if isinstance(one.kind, (Whole, Positive)) else st.text_input


def _values_of(one: Setting, names: Mapping[str, str] | None, start: Any) -> dict[str, Any]:
    """Return a widget's possible values, and its first one."""
    kind = one.kind
    if names is None and isinstance(kind, Choice):
        names = {name: name for name in kind.names}
    if names is not None:
        options = list(names)
        return {"options": options, "index": options.index(start), "format_func": names.__getitem__}
    if isinstance(kind, Whole):
        bounds: dict[str, Any] = {"min_value": kind.low, "max_value": kind.high}
    elif isinstance(kind, Share):
        bounds = {"min_value": 0.05, "max_value": 0.9, "step": 0.05}
    else:
        bounds = {"min_value": 0.01} if isinstance(kind, Positive) else {}
    return {"value": start, **bounds, **({"placeholder": one.unset} if one.unset else {})}


def reading_form(key: str) -> ReadOptions | None:
    """Draw the form of how a file is read; return its options when it is sent.

    Parameters
    ----------
    key
        What the names of the form's widgets begin with.
    """
    with st.form(f"{key}-form", border=False):
        with st.grid(5, min_column_width=150):
            chosen = {name: _reading_choice(name, options, key) for name, options in _READING_OPTIONS.items()}
            missing = _reading_choice("missing_words", {_EMPTY: _EMPTY, _LISTED: _LISTED}, key, "the usual words")
            words = st.text_input("Words for no value", key=f"{key}-words", placeholder="NA, -, ?")
            file = settings_of(ReadOptions)["member"]
            member = st.text_input(file.label, key=f"{key}-member", placeholder=file.unset)
        if not st.form_submit_button("Read it again", icon=":material/refresh:", key=f"{key}-again"):
            return None
    listed = tuple(word.strip() for word in words.split(",") if word.strip())
    missing_words = {_EMPTY: (), _LISTED: listed}.get(missing)
    return ReadOptions(**chosen, missing_words=missing_words, member=member.strip() or None)


def _reading_choice(name: str, options: Mapping[Any, str], key: str, unset: str | None = None) -> Any:
    """Draw a choice that is left to SparkLIME unless a person makes it."""
    one = settings_of(ReadOptions)[name]
    names = {None: unset or one.unset, **options}
    return st.selectbox(one.label, list(names), format_func=names.__getitem__, key=f"{key}-{one.flag}")
