"""`SettingsForm`: the widgets of a settings class, each made from what its field says of itself."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import streamlit as st

from sparklime_core.setting import Setting, Settings, settings_of
from sparklime_core.setting_kinds import Choice, Positive, Share, Switch, Whole

Chosen = TypeVar("Chosen", bound=Settings)


class SettingsForm(Generic[Chosen]):
    """Draws settings one by one, and what is left of them at last: a new setting is drawn without a line here.

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
    """Return what every widget of a setting is given."""
    return {"label": one.label, "help": one.help, "key": one.flag, "persist_state": "session"}


def _widget(one: Setting, names: Mapping[str, str] | None) -> Any:
    if isinstance(one.kind, Switch):
        return st.toggle
    if names is not None or isinstance(one.kind, Choice):
        return st.selectbox
    return st.number_input if isinstance(one.kind, (Whole, Positive)) else st.text_input


def _values_of(one: Setting, names: Mapping[str, str] | None, start: Any) -> dict[str, Any]:
    """Return what a widget can be set to, and what it is set to at first."""
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
