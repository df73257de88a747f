import gzip
import hashlib
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError, read_csv, read_rows
from sparklime_core.data.source_files import digest
from sparklime_core.data.table_source import sample_csv

ROWS = 120


@pytest.fixture(scope="module")
def table():
    state = np.random.RandomState(0)
    numbers = state.normal(size=ROWS).round(3)
    return pa.table(
        {
            "size": numbers,
            "colour": np.array(["red", "green", "blue"])[state.randint(0, 3, ROWS)],
            "count": state.randint(0, 50, ROWS),
            "y": np.where(numbers > 0, "yes", "no"),
        }
    )


def csv_of(table, **options):
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(**options))
    return sink.getvalue().to_pybytes()


def write_parts(folder, table, write, cuts=(0, 50, 51, ROWS)):
    """Write a table's rows in files whose names are in the order of its rows, with a mark as Spark leaves it."""
    folder.mkdir(parents=True)
    for at, (start, end) in enumerate(itertools.pairwise(cuts)):
        write(folder / f"part-{at:05d}", table.slice(start, end - start))
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / ".part-00000.crc").write_bytes(b"crc!")
    return folder


def write_csv_part(path, rows):
    path.with_suffix(".csv").write_bytes(csv_of(rows))


def write_packed_part(path, rows):
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(csv_of(rows)))


def write_parquet_part(path, rows):
    pq.write_table(rows, path.with_suffix(".snappy.parquet"))


@pytest.mark.parametrize("write", [write_csv_part, write_packed_part, write_parquet_part])
def test_a_folder_of_parts_is_the_table_itself(tmp_path, table, write):
    whole = tmp_path / "whole.csv"
    whole.write_bytes(csv_of(table))
    alone = read_csv(whole, "y")
    parts = read_csv(write_parts(tmp_path / "sales.csv", table, write), "y")
    assert np.array_equal(parts.features, alone.features)
    assert np.array_equal(parts.target, alone.target)
    assert parts.feature_names == alone.feature_names
    assert parts.name == "sales"
    assert parts.report.origin.file == "sales.csv"
    assert ("files", "3") in [(decision.what, decision.value) for decision in parts.report.decisions]


def test_files_without_a_header_line_and_empty_ones(tmp_path, table):
    def write(path, rows):
        path.with_suffix(".csv").write_bytes(csv_of(rows, include_header=False))

    folder = write_parts(tmp_path / "parts", table, write)
    (folder / "part-00003.csv").write_bytes(b"")
    found = read_csv(folder, "column_4")
    assert found.rows == ROWS
    assert found.class_names == ("no", "yes")


def test_a_header_line_alone_adds_no_row(tmp_path, table):
    folder = write_parts(tmp_path / "parts", table, write_csv_part)
    header = csv_of(table).splitlines()[0]
    (folder / "part-00009.csv").write_bytes(header + b"\n")
    (folder / "a-first.csv").write_bytes(header)
    assert read_csv(folder, "y").rows == ROWS


def test_folders_names_give_columns(tmp_path, table):
    folder = tmp_path / "parts"
    for year, start in (("2019", 0), ("2020", 60)):
        write_parts(folder / f"year={year}" / "land=Ile%20de%20France", table.slice(start, 60), write_parquet_part)
    missing = folder / "year=__HIVE_DEFAULT_PARTITION__" / "land=x"
    write_parts(missing, table.slice(0, 5), write_parquet_part, (0, 5))
    found = read_csv(folder, "y")
    assert found.rows == ROWS + 5
    names = found.feature_names
    assert names == ("size", "colour", "count", "year", "land")
    years = found.features[:, names.index("year")]
    assert (years[:60] == 2019).all()
    assert (years[60:ROWS] == 2020).all()
    assert [found.value_text(3, year) for year in years[ROWS:]] == ["missing"] * 5
    assert found.value_text(4, found.features[0, 4]) == "Ile de France"


def test_columns_of_parquet_files_are_found_by_name_and_widened(tmp_path, table):
    folder = tmp_path / "parts"
    folder.mkdir()
    pq.write_table(table.slice(0, 60), folder / "1.parquet")
    other = table.slice(60).select(["y", "count", "size", "colour"])
    pq.write_table(other.set_column(1, "count", other["count"].cast(pa.int32())), folder / "2.parquet")
    whole = tmp_path / "whole.parquet"
    pq.write_table(table, whole)
    assert np.array_equal(read_csv(folder, "y").features, read_csv(whole, "y").features)


def test_new_rows_come_from_folders_too(tmp_path, table):
    folder = write_parts(tmp_path / "parts", table, write_parquet_part)
    learnt = read_csv(folder, "y")
    assert np.array_equal(read_rows(folder, learnt.encoding).features, learnt.features)


def said(folder):
    with pytest.raises(SparkLimeError) as caught:
        read_csv(folder, "y")
    return str(caught.value)


def test_what_is_not_one_table_is_refused_in_a_sentence(tmp_path, table):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "_SUCCESS").write_bytes(b"")
    assert "holds no CSV or Parquet file" in said(empty)
    mixed = write_parts(tmp_path / "mixed", table, write_csv_part)
    pq.write_table(table, mixed / "x.parquet")
    assert "Parquet files and others" in said(mixed)
    unlike = write_parts(tmp_path / "unlike", table, write_csv_part)
    (unlike / "z.csv").write_bytes(sample_csv("wine"))
    assert "'part-00000.csv' does not begin as 'z.csv' does" in said(unlike)
    other = write_parts(tmp_path / "other", table, write_parquet_part)
    pq.write_table(table.drop(["colour"]), other / "z.parquet")
    assert "the first that differs being 'colour'" in said(other)
    texts = write_parts(tmp_path / "texts", table, write_parquet_part)
    colours = table.set_column(2, "count", table["colour"])
    pq.write_table(colours, texts / "z.parquet")
    assert "cannot be put together" in said(texts)
    deep = write_parts(tmp_path / "deep", table, write_csv_part)
    write_parts(deep / "year=2020", table, write_csv_part)
    assert "not at the same depth" in said(deep)
    ragged = write_parts(tmp_path / "ragged", table, write_csv_part)
    (ragged / "part-00001.csv").write_bytes(csv_of(table.slice(0, 9)) + b"1,2,3,4,5,6,7\n" * 20)
    assert said(ragged).startswith("In 'part-00001.csv': 20 of 29 rows have more fields")


def test_a_folder_has_a_digest_of_its_own(tmp_path, table):
    folder = write_parts(tmp_path / "parts", table, write_csv_part)
    before = read_csv(folder, "y").report.origin.sha256
    assert before == digest(folder)
    (folder / "_SUCCESS").write_bytes(b"later")
    assert digest(folder) == before
    (folder / "part-00001.csv").rename(folder / "part-00007.csv")
    assert digest(folder) != before
    file = folder / "part-00000.csv"
    assert digest(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_addresses_of_other_places_are_for_spark():
    with pytest.raises(SparkLimeError, match=r"no file 's3a://bucket/x\.csv' here; .* explain-table"):
        read_csv("s3a://bucket/x.csv", "y")
