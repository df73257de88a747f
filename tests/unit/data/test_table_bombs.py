"""Small files that become large: refused in a sentence, and the account of memory is as it was."""

import gc
import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core.data import csv_rows
from sparklime_core.data.csv_dialect import Dialect
from sparklime_core.data.read_limited import TableAccount, tables
from sparklime_core.data.read_table import read_table
from sparklime_core.data.source_files import MOST_NAME, base_name
from sparklime_core.data.table_source import TableSource
from sparklime_core.errors import DataError, SettingsError
from sparklime_core.limited.limits import GIB

pytestmark = pytest.mark.usefixtures("_a_reader_each")

MIB = 2**20


@pytest.fixture
def quarter(monkeypatch):
    """A quarter of a gibibyte for all tables, whatever else this process has read."""
    gc.collect()
    monkeypatch.setenv("SPARKLIME_TABLE_MEMORY", str(0.25 + tables.taken / GIB))


def parquet(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def repeated(text, rows):
    return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), pa.array([text]))


BOMBS = {
    "a long text many times": lambda: parquet(t=repeated("x" * (MIB - 1), 1000), y=np.arange(1000)),
    "a text very many times": lambda: parquet(t=repeated("x" * 1000, 2_000_000), y=np.arange(2_000_000) % 2),
    "a list of nothing": lambda: parquet(t=pa.array([[None] * 20_000_000, []], pa.list_(pa.int64())), y=[1, 2]),
    "short lines under many columns": lambda: gzip.compress(
        ",".join(f"c{at}" for at in range(5000)).encode() + b"\n" + b"1\n" * 100_000
    ),
    "commas under many columns": lambda: gzip.compress(
        b"a" + b",b" * 2000 + b"\n" + (b"," * 2000 + b"\n") * 60_000
    ),
}


def test_a_file_of_many_columns_needs_no_more_memory_than_another():
    names, line = (",".join(fields) + "\n" for fields in ([f"c{at}" for at in range(500)], ["12.345678"] * 500))
    table = read_table((names + 1500 * line).encode())
    assert (table.rows, len(table.columns)) == (1500, 500)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_becomes_large_is_refused(quarter, bomb):
    content = BOMBS[bomb]()
    assert len(content) < MIB
    before = tables.taken
    with pytest.raises(
        DataError, match=r"more than .* GiB of memory; give a smaller file, or raise SPARKLIME_TABLE"
    ):
        read_table(content)
    assert tables.taken == before


def test_time_has_an_end(monkeypatch):
    monkeypatch.setenv("SPARKLIME_TABLE_SECONDS", "0.001")
    with pytest.raises(DataError, match=r"longer than 0\.001 seconds.*SPARKLIME_TABLE_SECONDS"):
        read_table(b"a,b\n" + b"1,2\n" * 1_000_000)


def test_a_long_text_is_refused_with_its_row():
    text = "x" * (MIB + 1)
    for content in (f"a,b\n1,2\n2,{text}\n".encode(), parquet(a=[1, 2], b=["", text])):
        with pytest.raises(DataError, match=r"column 'b' holds a text of 1,048,577 bytes in row 2"):
            read_table(content)


def test_short_lines_are_filled_up_beyond_what_a_person_waits_for():
    lines = b"1\n" * 50_000
    reading = read_table(gzip.compress(b"a,b\n1,2\n" + lines + b"3,4\n"))
    assert reading.rows == 50_002
    assert reading.column("b").missing == 50_000
    assert reading.column("a").raw[-1].as_py() == "3"


def test_more_misfits_than_can_be_put_right_are_refused(monkeypatch):
    monkeypatch.setattr(csv_rows, "MOST_MISFITS", 1000)
    text = b"1,2\n" + b"1\n" * 2000
    with pytest.raises(DataError, match="More than 1,000 rows have more or fewer fields than the 2 columns"):
        csv_rows.cut_rows(text, Dialect(",", '"', ("a", "b"), 0, False, ()))


@pytest.mark.parametrize("rows", [1, 65_535, 65_536, 65_537])
def test_empty_rows_at_the_end_are_dropped(rows):
    reading = read_table(b"a,b\n1,2\n,\n3,4\n" + b" ,\n" * rows)
    assert reading.rows == 3


def test_the_account_counts_tables_for_as_long_as_they_are_kept():
    gc.collect()
    before = tables.taken
    reading = read_table(b"a,b\n" + b"1,2\n" * 100_000)
    assert tables.taken - before > 100_000
    del reading
    gc.collect()
    assert tables.taken == before


def test_the_account_refuses_what_is_more_than_is_left(monkeypatch):
    monkeypatch.setenv("SPARKLIME_TABLE_MEMORY", "1")
    account = TableAccount()
    with account.reading(10**9, 1) as first:
        assert first.memory == GIB
        with pytest.raises(DataError, match="take 1 GiB of memory already"), account.reading(1, 1):
            pass
    assert account.taken == 0
    monkeypatch.setenv("SPARKLIME_TABLE_MEMORY", "lots")
    with pytest.raises(SettingsError, match="SPARKLIME_TABLE_MEMORY"), account.reading(1, 1):
        pass


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/x.csv", "x.csv"),
        ("C:\\folder\\x.csv", "x.csv"),
        ("x\n\x1b[31m.csv", "x[31m.csv"),
        ("..", "table"),
        ("a/", "table"),
        ("", "table"),
    ],
)
def test_of_a_name_that_was_sent_only_the_last_part_is_kept(sent, kept):
    assert base_name(sent) == kept
    assert TableSource.of_upload(sent, b"a,b\n1,2\n3,4\n").table.file == kept


def test_a_long_name_is_cut():
    source = TableSource.of_upload("long" * 2000 + ".csv", b"a,b\n1,2\n3,4\n")
    assert len(source.table.file) == MOST_NAME
    assert source.table.file.endswith(".csv")
    assert len(source.name) < MOST_NAME
