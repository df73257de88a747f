"""A setting: a field of a settings class that says of itself all that others need.

The checks, the options of the command line, the help of forms, the command and the script that repeat a run, and
the settings in reports are made from these fields, so that a new setting is one field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from sparklime_core.setting_kinds import Kind, Switch


@dataclass(frozen=True)
class Setting:
    """What a field of a settings class says of itself.

    Attributes
    ----------
    kind
        The values that it can have.
    default
        The one that it has unless a person chooses another.
    flag
        The option of the command line, without its dashes.
    label, help
        What a form calls it, and sentences about it for forms and for ``--help``.
    unset
        What None means, for people; empty where it cannot be None.
    called
        What a sentence about a wrong value begins with; the field's name where empty.
    metavar
        What stands for the value in ``--help``.
    """

    kind: Kind
    default: Any
    flag: str
    label: str
    help: str
    unset: str = ""
    called: str = ""
    metavar: str | None = None

    @property
    def option(self) -> str:
        """The name of the option's value among those of a command."""
        return self.flag.replace("-", "_")

    def read(self, text: str) -> Any:
        """Return the value that a text on a command line means; raise `SettingsError` where it means none."""
        return None if self.unset and text.lower() == self.kind.unset_word else self.kind.read(text)

    def is_left_open(self, value: Any) -> bool:
        """Return whether a value says no more than no value: None, or a switch that is off."""
        return value is None or (isinstance(self.kind, Switch) and not value)


def setting(kind: Kind, default: Any, **about: Any) -> Any:
    """Return a field of a settings class; `about` has the further attributes of its `Setting`."""
    return field(default=default, metadata={"setting": Setting(kind, default, **about)})


def settings_of(settings: type[Any]) -> dict[str, Setting]:
    """Return the settings of a class by the names of their fields."""
    return {one.name: one.metadata["setting"] for one in fields(settings)}


class Settings:
    """What frozen dataclasses of settings share; all their fields are made by `setting`."""

    def __post_init__(self) -> None:
        for name, one in settings_of(type(self)).items():
            value = getattr(self, name)
            if value is not None or not one.unset:
                object.__setattr__(self, name, one.kind.check(one.called or name, value))

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the settings that the values of a command's options mean."""
        return cls(**{name: options[one.option] for name, one in settings_of(cls).items()})

    def command_words(self) -> list[str]:
        """Return the options of a command line that mean these settings.

        Raises
        ------
        SettingsError
            When a value cannot be written there.
        """
        chosen = [(one, value) for one, value in self._values() if not one.is_left_open(value)]
        return [word for one, value in chosen for word in one.kind.words(one.flag, value)]

    def keywords(self) -> dict[str, Any]:
        """Return the settings as keywords of Python, without those that are left open or switched off."""
        named = zip(settings_of(type(self)), self._values(), strict=True)
        return {name: value for name, (one, value) in named if not one.is_left_open(value)}

    def described(self) -> dict[str, str]:
        """Return the values for people, by the names of their options."""
        return {
            one.flag.replace("-", " "): one.unset if value is None else one.kind.write(value)
            for one, value in self._values()
        }

    def _values(self) -> list[tuple[Setting, Any]]:
        return [(one, getattr(self, name)) for name, one in settings_of(type(self)).items()]
