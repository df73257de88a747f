"""The kinds of values that settings have: how each is checked, and how it stands on a command line."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from sparklime_core.arguments import choice, flag, real_number, texts, whole_number
from sparklime_core.errors import SettingsError

Number = TypeVar("Number", int, float)


class Kind(ABC):
    """Values of a setting.

    Attributes
    ----------
    unset_word
        The word on a command line for a setting that is left open; None where each word means something.
    """

    unset_word: ClassVar[str | None] = None

    @abstractmethod
    def check(self, name: str, value: Any) -> Any:
        """Return a value as Python's own; raise `SettingsError` for any other, which begins with the name."""

    def read(self, text: str) -> Any:
        """Return the value that a text on the command line means; raise `SettingsError` where it means none."""
        return text

    def write(self, value: Any) -> str:
        """Return the text that means a value; raise `SettingsError` where none does."""
        return str(value)

    def words(self, flag: str, value: Any) -> list[str]:
        """Return the words of a command line for a value."""
        return [f"--{flag}={self.write(value)}"]


@dataclass(frozen=True)
class Whole(Kind):
    """Whole numbers between bounds, which are among them."""

    unset_word = "none"
    low: int
    high: int | None = None

    def check(self, name: str, value: Any) -> int:
        """Return a whole number."""
        return whole_number(name, value, self.low, self.high)

    def read(self, text: str) -> int:
        """Return the number in a text."""
        return read_number(int, text, "a whole number")


@dataclass(frozen=True)
class Positive(Kind):
    """Numbers above 0."""

    unset_word = "none"

    def check(self, name: str, value: Any) -> float:
        """Return a number."""
        number = real_number(name, value)
        if number <= 0:
            raise SettingsError(f"{name} must be a positive number, not {number:g}.")
        return number

    def read(self, text: str) -> float:
        """Return the number in a text."""
        return read_number(float, text, "a number")


@dataclass(frozen=True)
class Share(Positive):
    """Numbers between 0 and 1, which are not among them."""

    def check(self, name: str, value: Any) -> float:
        """Return a number."""
        number = real_number(name, value)
        if not 0 < number < 1:
            raise SettingsError(f"{name} must be between 0 and 1, not {value}.")
        return number


@dataclass(frozen=True)
class Choice(Kind):
    """One of some names."""

    names: tuple[str, ...]

    def check(self, name: str, value: Any) -> str:
        """Return a name."""
        return choice(name, value, self.names)


@dataclass(frozen=True)
class Switch(Kind):
    """On or off; its option has no value."""

    def check(self, name: str, value: Any) -> bool:
        """Return a flag."""
        return flag(name, value)

    def words(self, flag: str, value: Any) -> list[str]:
        """Return the option alone."""
        return [f"--{flag}"]


@dataclass(frozen=True)
class YesNo(Kind):
    """Yes or no, where leaving it open is a third."""

    def check(self, name: str, value: Any) -> bool:
        """Return a flag."""
        return flag(name, value)

    def read(self, text: str) -> bool:
        """Return the flag that a text means."""
        if text not in ("yes", "no"):
            raise SettingsError(f"{text!r} is not yes or no")
        return text == "yes"

    def write(self, value: Any) -> str:
        """Return the text for a flag."""
        return "yes" if value else "no"


@dataclass(frozen=True)
class Text(Kind):
    """Texts.

    Attributes
    ----------
    allowed
        Whether a text is one of them.
    wrong
        The sentence for one that is not, with a place for ``value``.
    words_for
        What stands on the command line for texts that are hard to type there.
    """

    allowed: Callable[[str], bool] = lambda _: True
    wrong: str = ""
    words_for: Mapping[str, str] = field(default_factory=dict)

    def check(self, name: str, value: Any) -> str:
        """Return a text."""
        if not isinstance(value, str):
            raise SettingsError(f"{name} must be a text, not {value!r}.")
        if not self.allowed(value):
            raise SettingsError(self.wrong.format(value=value))
        return value

    def read(self, text: str) -> str:
        """Return the text itself, or the one that it stands for."""
        return next((value for value, word in self.words_for.items() if word == text), text)

    def write(self, value: Any) -> str:
        """Return the text itself, or what stands for it."""
        return self.words_for.get(value, value)


@dataclass(frozen=True)
class Texts(Kind):
    """Several texts; on the command line with commas between them.

    Attributes
    ----------
    called
        What they are, as a sentence begins with it.
    """

    called: str

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """Return texts."""
        return texts(name, value)

    def read(self, text: str) -> tuple[str, ...]:
        """Return the texts between commas."""
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def write(self, value: Any) -> str:
        """Return the texts with commas between them."""
        if any("," in text or text != text.strip() for text in value):
            raise SettingsError(f"{self.called} with a comma or spaces cannot be written on a command line.")
        return ",".join(value)


def read_number(kind: type[Number], text: str, wanted: str) -> Number:
    """Return the number in a text of the command line; raise `SettingsError` where there is none."""
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"{text!r} is not {wanted}") from None
