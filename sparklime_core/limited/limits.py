"""`Limits`: how much memory, time and how many threads a piece of work in a child process may take."""

import os
from dataclasses import dataclass

from sparklime_core.errors import SettingsError

GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What a piece of work in a child process may take.

    Attributes
    ----------
    memory
        Bytes, beyond what the process has when the work begins.
    seconds
        Of the clock, and of processor time in each thread.
    threads
        The most threads that Arrow computes with; BLAS and OpenMP have one.
    variables
        Where the operator sets them: ``"SPARKLIME_TABLE"`` stands for ``SPARKLIME_TABLE_MEMORY`` (GiB) and
        ``SPARKLIME_TABLE_SECONDS``; ``""``: nowhere.

    Raises
    ------
    SettingsError
        When a limit is not positive.
    """

    memory: int
    seconds: float
    threads: int = 1
    variables: str = ""

    def __post_init__(self) -> None:
        if self.memory < 1 or not self.seconds > 0 or self.threads < 1:
            raise SettingsError("Limits of memory, seconds and threads must be more than nothing.")

    @classmethod
    def from_environment(cls, variables: str, *, memory: float, seconds: float, threads: int = 1) -> "Limits":
        """Return the limits that the operator has set, or these, with `memory` in GiB."""
        gib = positive_number(f"{variables}_MEMORY", memory)
        clock = positive_number(f"{variables}_SECONDS", seconds)
        return cls(max(1, int(gib * GIB)), clock, threads, variables)

    def too_large(self, work: str) -> str:
        """Return the sentence for work that needs more memory."""
        hint = f", or raise {self.variables}_MEMORY" if self.variables else ""
        return f"{work} needs more than {self.memory / GIB:.3g} GiB of memory; give a smaller file{hint}."

    def too_slow(self, work: str) -> str:
        """Return the sentence for work that takes longer."""
        hint = f", or raise {self.variables}_SECONDS" if self.variables else ""
        return f"{work} takes longer than {self.seconds:g} seconds; give a smaller file{hint}."


def positive_number(variable: str, default: float) -> float:
    """Return the number that an environment variable holds, or a default when it is not set.

    Raises
    ------
    SettingsError
        When it holds something else than a positive number.
    """
    text = os.environ.get(variable, "").strip()
    try:
        number = float(text) if text else default
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise SettingsError(f"{variable} must be a positive number, not {text!r}.")
    return number
