"""Read what a person chose into the session's source table."""

from dataclasses import replace
from pathlib import PurePath

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.session_state import TableSource
from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.read_table import read_table
from sparklime_core.data.samples import get_sample, read_sample, sample_csv
from sparklime_core.data.source_bytes import base_name


def read_upload(filename: str, content: bytes, options: ReadOptions | None = None) -> TableSource:
    """Read an uploaded file; raise `DataError` when it is no table."""
    name = PurePath(base_name(filename)).stem
    return TableSource(name, read_table(content, options, name=name, file=filename), content)


def read_again(source: TableSource, options: ReadOptions) -> TableSource:
    """Read a table again as a person wants it; raise `DataError` when that makes no table."""
    content = source.content if isinstance(source.content, bytes) else source.content.read()
    return replace(source, table=read_table(content, options, name=source.name, file=source.table.file))


def use_sample(name: str) -> None:
    """Make a bundled sample the session's table, encoded as it suggests."""
    sample = get_sample(name)
    table = read_sample(name)
    session_state.set_source(TableSource(name, table, sample_csv(name), sample.target))
    session_state.set_dataset(assemble(table, sample.target))
