"""Read what a person chose into the session's source table."""

from dataclasses import replace
from pathlib import PurePath

from sparklime_core.dashboard import session
from sparklime_core.dashboard.session import Source
from sparklime_core.data.assembling import assemble
from sparklime_core.data.options import ReadOptions
from sparklime_core.data.reading import read_table
from sparklime_core.data.samples import get_sample, read_sample, sample_csv


def read_upload(filename: str, content: bytes) -> Source:
    """Read an uploaded file; raise `DataError` when it is no table."""
    name = PurePath(filename).stem or "table"
    return Source(name, read_table(content, name=name, file=filename), content)


def read_again(source: Source, options: ReadOptions) -> Source:
    """Read a table again as a person wants it; raise `DataError` when that makes no table."""
    return replace(source, table=read_table(source.content, options, name=source.name, file=source.table.file))


def use_sample(name: str) -> None:
    """Make a bundled sample the session's table, encoded as it suggests."""
    sample = get_sample(name)
    table = read_sample(name)
    session.set_source(Source(name, table, sample_csv(name), sample.target))
    session.set_dataset(assemble(table, sample.target))
