"""How a table is read: stored with its encoding, so that new rows are read as the model's table was."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sparklime_core.data.parse_numbers import ANY, Notation
from sparklime_core.data.read_options import ReadOptions

Kind = Literal["number", "boolean", "date", "text", "empty"]


@dataclass(frozen=True)
class ColumnFormat:
    """How the values of a column are written.

    Attributes
    ----------
    kind
        What they are taken for.
    notation
        Of numbers that are texts.
    day_first
        Whether the day is first where a date is three numbers; None where the table has no such dates.
    zone
        The time zone of all times; None where they are as written, or have none.
    """

    kind: Kind
    notation: Notation | None = None
    day_first: bool | None = None
    zone: str | None = None


@dataclass(frozen=True)
class TableFormat:
    """How a table is read.

    Attributes
    ----------
    options
        What was found out about the file or chosen, together; None for what the file has not.
    columns
        How the values of each column are written.
    width
        How many columns the file has.
    """

    options: ReadOptions
    columns: dict[str, ColumnFormat] = field(default_factory=dict)
    width: int = 0

    def column(self, name: str, kind: Kind, options: ReadOptions) -> ColumnFormat:
        """Return how a column of another table is written: as this one's, or as is chosen now.

        A column of which nothing is known has decimal points, and dates with the month first.
        """
        known = self.columns.get(name, ColumnFormat(kind, day_first=False))
        notation = known.notation or Notation(self.options.decimal or ".", ANY)
        notation = notation if options.decimal is None else Notation(options.decimal, ANY)
        return ColumnFormat(
            kind, notation, known.day_first if options.day_first is None else options.day_first, known.zone
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TableFormat":
        """Return a format from what ``dataclasses.asdict`` gave, through JSON or not."""
        columns = {}
        for name, entry in values["columns"].items():
            notation = entry["notation"]
            columns[name] = ColumnFormat(
                **{**entry, "notation": None if notation is None else Notation(**notation)}
            )
        return cls(ReadOptions(**values["options"]), columns, values["width"])

    def as_dict(self) -> dict[str, Any]:
        """Return the format as plain values for JSON."""
        return asdict(self)
