"""`Origin`: the file of a dataset and all choices about it. With these a run can be repeated."""

from dataclasses import dataclass

from sparklime_core.data.read_options import ReadOptions


@dataclass(frozen=True)
class Origin:
    """A file, and the choices about it.

    Attributes
    ----------
    file
        The file's name, without its folder.
    sha256
        Of the file's bytes as they were given, packed or not, in hexadecimal.
    options
        How it is to be read.
    target, task, roles
        The column to predict, its task, and the roles of columns; see `sparklime_core.read_csv`. For new rows:
        None, ``"auto"`` and no roles.
    """

    file: str
    sha256: str
    options: ReadOptions
    target: str | None
    task: str
    roles: dict[str, str]
