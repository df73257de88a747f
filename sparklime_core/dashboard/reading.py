"""Read what a person chose into the session's source table."""

from pathlib import PurePath

from sparklime_core.dashboard import session
from sparklime_core.dashboard.session import Source
from sparklime_core.data.assembling import assemble
from sparklime_core.data.reading import read_table
from sparklime_core.data.samples import get_sample, sample_csv


def read_upload(filename: str, content: bytes) -> Source:
    """Read an uploaded file; raise `DataError` when it is no table."""
    name = PurePath(filename).stem or "table"
    return Source(name, read_table(content, name=name))


def use_sample(name: str) -> None:
    """Make a bundled sample the session's table, encoded as it suggests."""
    sample = get_sample(name)
    table = read_table(sample_csv(name), name=name, header_names=[sample.target])
    session.set_source(Source(name, table, sample.target, sample.categorical))
    session.set_dataset(assemble(table, sample.target, roles=dict.fromkeys(sample.categorical, "categorical")))
