"""``python -m tests.parity.record``: ask lime everything that the parity tests ask, and keep what it says."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.parity.recorded import FILE, asked, recorded


def main() -> int:
    """Run the tests with nothing recorded, and write lime's answers where they have passed."""
    recorded.clear()
    failed = pytest.main([str(FILE.parent), "-q", "-n", "0"])
    if not failed:
        rows = [{"key": key, **said._asdict()} for key, said in sorted(asked.items())]
        pq.write_table(pa.Table.from_pylist(rows), FILE, compression="zstd")
    return failed


if __name__ == "__main__":
    sys.exit(main())
