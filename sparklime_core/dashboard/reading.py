"""Read what a person chose into the session's source table."""

from pathlib import PurePath

from sparklime_core.dashboard.session import Source
from sparklime_core.data.reading import read_table
from sparklime_core.data.samples import get_sample, sample_csv


def read_upload(filename: str, content: bytes) -> Source:
    """Read an uploaded file; raise `DataError` when it is no table."""
    return Source(PurePath(filename).stem or "table", read_table(content))


def read_sample(name: str) -> Source:
    """Read a bundled sample."""
    sample = get_sample(name)
    return Source(name, read_table(sample_csv(name)), sample.target, sample.categorical)
