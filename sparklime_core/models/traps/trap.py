"""`Trap`: one thing that was found about a model, in words, with what it is about and the way out."""

from dataclasses import dataclass

from sparklime_core.models.settings import ModelSettings


@dataclass(frozen=True)
class Trap:
    """One thing that should make a person stop.

    Attributes
    ----------
    sentence
        What was found, with the figures that were measured.
    column
        The table's column that it is about; leaving it out is the way out. None: it is about no single one.
    rows
        Positions of the rows that it is about, the first of them.
    settings
        Settings to train with in place of those of the model; None where others would not help.
    """

    sentence: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    settings: ModelSettings | None = None
