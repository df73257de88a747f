"""`TableSource`: a table as a person brought it, which can be read again in another way."""

from dataclasses import dataclass, replace
from pathlib import PurePath

from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.read_table import Reading, read_table
from sparklime_core.data.samples import get_sample, read_sample, sample_csv
from sparklime_core.data.server_folders import ServerTable
from sparklime_core.data.source_bytes import base_name


@dataclass(frozen=True)
class TableSource:
    """A table as it was read, before its columns got their roles.

    Attributes
    ----------
    name
        What the table is called.
    table
        Its columns, understood.
    content
        The file, or which one on the server it is, to read it again in another way.
    target
        What a bundled sample suggests.
    """

    name: str
    table: Reading
    content: bytes | ServerTable
    target: str | None = None

    @classmethod
    def of_upload(cls, filename: str, content: bytes, options: ReadOptions | None = None) -> "TableSource":
        """Read an uploaded file; raise `DataError` when it is no table."""
        name = PurePath(base_name(filename)).stem
        return cls(name, read_table(content, options, name=name, file=filename), content)

    @classmethod
    def of_sample(cls, name: str) -> "TableSource":
        """Read a bundled sample; raise `DataError` when there is none of that name."""
        return cls(name, read_sample(name), sample_csv(name), get_sample(name).target)

    @classmethod
    def of_server_file(cls, content: ServerTable) -> "TableSource":
        """Read a file of a data folder; raise `DataError` when it is none, or no table."""
        table = read_table(content.read(), file=content.name)
        return cls(table.name, table, content)

    def read_again(self, options: ReadOptions) -> "TableSource":
        """Read the table again as a person wants it; raise `DataError` when that makes no table."""
        content = self.content if isinstance(self.content, bytes) else self.content.read()
        return replace(self, table=read_table(content, options, name=self.name, file=self.table.file))
