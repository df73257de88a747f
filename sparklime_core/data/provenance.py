"""Where a dataset came from: the file, and everything that was chosen about it. With it a run can be repeated."""

from dataclasses import dataclass, field
from typing import Any

from sparklime_core.data.read_options import ReadOptions


@dataclass(frozen=True)
class Origin:
    """A file, and what was chosen about it.

    Attributes
    ----------
    file
        The file's name, without its folder.
    sha256
        Of the file's bytes as they were given, packed or not, in hexadecimal.
    options
        What was overruled about reading it.
    target, task, roles
        The column to predict, and what was chosen for it and the other columns; see `sparklime_core.read_csv`.
        New rows for a model have none of these.
    """

    file: str
    sha256: str
    options: ReadOptions = field(default_factory=ReadOptions)
    target: str | None = None
    task: str = "auto"
    roles: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Origin":
        """Return an origin from what ``dataclasses.asdict`` gave, through JSON or not."""
        options = ReadOptions.from_dict(values["options"])
        return cls(**{**values, "options": options, "roles": dict(values["roles"])})
