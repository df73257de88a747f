import contextlib
import gzip
import io
import tracemalloc
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError, read_csv
from sparklime_core.data import unpack
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.read_table import read_table
from sparklime_core.data.source_files import read_files
from sparklime_core.errors import DataError

GOOD = b"a,b,kind\n1,2.5,x\n2,3.5,y\n3,4.5,x\n4,5.5,y\n"


def decisions(reading):
    return {decision.what: decision.value for decision in reading.decisions}


def values(reading, name):
    return reading.column(name).values.to_pylist()


def test_numbers_and_classes_are_encoded():
    dataset = read_csv(GOOD, "kind")
    assert dataset.feature_names == ("a", "b")
    assert dataset.class_names == ("x", "y")
    assert dataset.mode == "classification"
    np.testing.assert_array_equal(dataset.features, [[1, 2.5], [2, 3.5], [3, 4.5], [4, 5.5]])
    np.testing.assert_array_equal(dataset.target, [0, 1, 0, 1])
    assert dataset.target_text(1) == "y"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", " ", "   "])
def test_the_delimiter_is_found(delimiter):
    reading = read_table(GOOD.replace(b",", delimiter.encode()))
    assert reading.names == ("a", "b", "kind")
    assert values(reading, "b") == [2.5, 3.5, 4.5, 5.5]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_the_encoding_is_found(encoding):
    content = "name;größe\n" + "José;1,5\nZoë;2,5\n" * 3
    reading = read_table(content.encode(encoding))
    assert reading.names == ("name", "größe")
    assert values(reading, "name")[:2] == ["José", "Zoë"]


def test_an_encoding_can_be_named():
    content = "名前,値\n東京,1\n大阪,2\n".encode("shift_jis")
    assert read_table(content, ReadOptions(encoding="shift_jis")).names == ("名前", "値")
    with pytest.raises(SparkLimeError, match="not text in the encoding"):
        read_table(b"a\n\xff\xff\n", ReadOptions(encoding="utf-8"))
    with pytest.raises(SparkLimeError, match="no encoding"):
        ReadOptions(encoding="klingon")


def test_names_are_kept_as_written(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text('"<b>a</b>","x, y",t\n1,2,0\n3,4,1\n')
    dataset = read_csv(path, "t")
    assert dataset.feature_names == ("<b>a</b>", "x, y")
    assert dataset.name == "odd"


def test_quotes_hold_delimiters_line_ends_and_quotes():
    reading = read_table(b'a,b\n"x, ""y""",1\n"two\nlines",2\n')
    assert values(reading, "a") == ['x, "y"', "two\nlines"]


def test_single_quotes_and_spaces_after_delimiters():
    assert values(read_table(b"a,b\n'x, y',1\n'z',2\n'q',3\n"), "a") == ["x, y", "z", "q"]
    assert values(read_table(b'a, b\n1, "x, y"\n2, "z"\n'), "b") == ["x, y", "z"]


def test_names_alone_may_be_in_single_quotes():
    assert read_table(b"'a'\t'b'\n1\t2\n3\t4\n").names == ("a", "b")


def test_a_file_may_end_as_dos_ends_it():
    assert values(read_table(b"a,b\n1,2\n3,4.5\x1a"), "b") == [2, 4.5]


def test_a_quote_that_is_never_closed_swallows_nothing():
    lines = b"".join(b"%d,z\n" % i for i in range(20))
    reading = read_table(b'a,b\n1,"x\n' + lines)
    assert reading.rows == 21
    assert values(reading, "b")[0] == '"x'
    assert decisions(reading)["quote"] == "none"


def test_a_table_without_header_gets_names():
    reading = read_table(b"1,red,2.5\n2,blue,3.5\n3,red,4.5\n")
    assert reading.names == ("column_1", "column_2", "column_3")
    assert reading.rows == 3
    assert decisions(reading)["header"] == "no"
    corner = read_table(b'"","1940","1945"\n"Food",1,2\n"Health",3,4\n')
    assert corner.names == ("column_1", "1940", "1945")
    years = read_table(b"country,1990,1991,1992\nA,1,2,3\nB,4,5,6\n")
    assert years.names == ("country", "1990", "1991", "1992")
    assert read_table(b"1,2\n3,4\n", ReadOptions(header=True)).names == ("1", "2")


def test_repaired_names_are_said():
    reading = read_table(b"a,,a,a_2\n1,2,3,4\n5,6,7,8\n")
    assert reading.names == ("a", "column_2", "a_2_", "a_2")
    assert decisions(reading)["names"] == "column_2, a_2_"


def test_lines_that_do_not_fit_are_mended_in_place_or_left_out():
    reading = read_table(b"a,b,c\n1,2,3\n4,5\n6,7,8,,\n9,9,9,9\n10,11,12\n1,1,1\n1,1,1\n")
    assert values(reading, "a") == [1, 4, 6, 10, 1, 1]
    assert values(reading, "c")[:4] == [3, None, 8, 12]
    found = decisions(reading)
    assert found["short rows"] == "1 filled up"
    assert found["long rows"] == "1 left out"
    with pytest.raises(SparkLimeError, match="more fields than the 2 columns, row 1 first"):
        read_table(b"a,b\n1,2,3\n1,2,3,4\n1,2\n1,2,3,4\n1,2\n")


def test_row_names_as_r_writes_them_get_a_column():
    reading = read_table(b'"a","b"\n"1",10,x\n"2",20,y\n"3",30,z\n')
    assert reading.names == ("column_1", "a", "b")
    assert values(reading, "a") == [10, 20, 30]


def test_titles_and_comments_before_the_table_are_skipped():
    reading = read_table(b"Sales report\n\n# made in June\na,b\n1,2\n3,4\n")
    assert reading.names == ("a", "b")
    assert reading.rows == 2


def test_a_header_with_one_name_is_no_title():
    reading = read_table(b'"","x"\n"1",5.2\n"2",6.5\n')
    assert reading.names == ("column_1", "x")
    assert reading.rows == 2
    exported = read_table(b"Sales report,,\n,,\na,b,c\n1,2,3\n4,5,6\n")
    assert exported.names == ("a", "b", "c")


def test_what_is_empty_at_the_end_goes():
    reading = read_table(b"a,b,,\n1,2,,\n3,,,\n,,,\n,,,\n\n")
    assert reading.names == ("a", "b")
    assert reading.rows == 2


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_is_one(line_end):
    assert read_table(GOOD.replace(b"\n", line_end)).rows == 4


def test_words_for_missing_are_missing_and_said():
    reading = read_table(b"a,b\nNA,x\n1,n/a\n-,NULL\n3,\n")
    assert values(reading, "a") == [None, 1, None, 3]
    assert values(reading, "b") == ["x", None, None, None]
    assert "'NA' (1)" in reading.column("a").notes[0]
    kept = read_table(b"a,b\nNA,x\n1,y\nDE,z\n", ReadOptions(missing_words=()))
    assert values(kept, "a") == ["NA", "1", "DE"]


def test_gzip_and_zip_are_unpacked(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]))
    assert read_csv(path, "kind").name == "t"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/x.csv", b"")
        archive.writestr("readme.md", b"hello")
        archive.writestr("t.csv", GOOD)
    assert read_table(packed.getvalue()).rows == 4
    assert read_table(packed.getvalue(), ReadOptions(member="t.csv")).rows == 4
    with pytest.raises(SparkLimeError, match=r"no file 'u\.csv'"):
        read_table(packed.getvalue(), ReadOptions(member="u.csv"))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("u.csv", GOOD)
    with pytest.raises(SparkLimeError, match="2 files"):
        read_table(packed.getvalue())


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(unpack, "SMALL", 2**20)
    monkeypatch.setattr(unpack, "MOST_RATIO", 10)
    zeros = b"0,0\n" * 2**20
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", zeros)
    for bomb in (gzip.compress(zeros), packed.getvalue()):
        with pytest.raises(SparkLimeError, match="unpacks to more than 1 MiB"):
            read_files(bomb)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_within_bounds_is_not_unpacked_at_all(method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("t.csv", bytes(2**26))
    tracemalloc.start()
    try:
        with pytest.raises(SparkLimeError, match="packed in an unusual way; unpack it"):
            read_table(packed.getvalue())
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, "gzip"]
)
def test_a_damaged_archive_is_read_or_refused_in_a_sentence(method):
    held = io.BytesIO()
    if method == "gzip":
        held.write(gzip.compress(GOOD))
    else:
        with zipfile.ZipFile(held, "w", method) as archive:
            archive.writestr("t.csv", GOOD)
    random = np.random.default_rng(0)
    for _ in range(1000):
        damaged = np.frombuffer(held.getvalue(), dtype=np.uint8).copy()
        damaged[random.integers(4, len(damaged), size=random.integers(1, 4))] = random.integers(0, 256)
        with contextlib.suppress(DataError):
            read_files(damaged.tobytes())


def test_a_parquet_file_is_read_with_its_types():
    table = pa.table(
        {
            "n": pa.array([1, 2, None, 4]),
            "big": pa.array([2**60, 2**60 + 1, 3, 4]),
            "c": pa.array(["x", "y", "x", "y"]).dictionary_encode(),
            "d": pa.array([0, 1, 2, 3], pa.date32()),
            "b": [True, False, True, None],
            "nested": [[1], [2, 3], [], None],
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    reading = read_table(buffer.getvalue())
    assert [column.kind for column in reading.columns] == ["number", "text", "text", "date", "boolean", "text"]
    assert values(reading, "n") == [1, 2, None, 4]
    assert values(reading, "big")[:2] == [str(2**60), str(2**60 + 1)]
    dataset = read_csv(buffer.getvalue(), "c")
    assert dataset.rows == 4


def test_a_decision_can_be_overruled():
    content = b"a;b\n1.000;1,5\n2.000;2,5\n"
    assert values(read_table(content), "a") == [1000, 2000]
    assert values(read_table(content, ReadOptions(decimal=".")), "a") == [1, 2]
    assert read_table(content, ReadOptions(delimiter=",", header=False)).names == ("column_1", "column_2")


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        (b"", "t", "empty"),
        (b"   \n", "t", "empty"),
        (b"a,t\n", "t", "no rows"),
        (GOOD, "nothing", "no column 'nothing'"),
        (b"a,t\n1,x\n2,x\n", "t", "one value 'x'"),
        (b"a,t\n,x\n,y\n", "t", "No column is left"),
        (b"a,t\n1,\n2,\n", "t", "no value in any row"),
        (b"t\n1\n2\n", "t", "no column beside"),
        (b"PK\x03\x04\x00\x00\x00", "t", "zip archive is damaged"),
        (b"\x1f\x8b\x08\x00\x00", "t", "gzip file"),
        (b"PAR1\x00\x00", "t", "Parquet file is damaged"),
        (b"a,b\n\x00\x00\x00\x01\x02\n" * 9, "t", "binary"),
        (b"%PDF-1.7", "t", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "t", "Excel"),
        (b'[{"a": 1}]', "t", "JSON"),
        (b"<!DOCTYPE html><html>", "t", "web page"),
    ],
)
def test_bad_input_is_one_plain_sentence(content, target, words):
    with pytest.raises(SparkLimeError) as caught:
        read_csv(content, target)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SparkLimeError, match=r"no file .*absent\.csv"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(SparkLimeError, match="folder"):
        read_table(tmp_path)
    with pytest.raises(SparkLimeError, match="no ordinary file"):
        read_table("/dev/zero")


@pytest.mark.parametrize("options", [{"delimiter": ",,"}, {"delimiter": "\n"}, {"quote": "x"}, {"decimal": ";"}])
def test_options_are_checked(options):
    with pytest.raises(SparkLimeError):
        ReadOptions(**options)


@pytest.mark.parametrize(
    "header",
    ["500.5,510.25,523.75,kind", "0,6,18,kind", "1990,1995,2005,kind", "1,2,3,kind"],
)
def test_a_header_of_numbers_is_one_where_no_column_is_named(header):
    rows = "\n".join(f"0.{k % 9}1,0.{k % 7}2,0.{k % 5}3,{'uv'[k % 2]}" for k in range(30))
    reading = read_table(f"{header}\n{rows}".encode())
    assert (reading.rows, reading.names) == (30, tuple(header.split(",")))
    numbers_alone = "\n".join(line.rpartition(",")[0] for line in f"{header}\n{rows}".splitlines())
    assert read_table(numbers_alone.encode()).rows == 30
    assert read_table(f"{header}\n{rows}".encode(), ReadOptions(header=False)).rows == 31


def test_a_first_row_of_data_is_no_header():
    rows = "\n".join(f"{4 + k % 4}.{k % 9},{k % 7},{('setosa', 'virginica')[k % 2]}" for k in range(30))
    assert read_table(rows.encode()).rows == 30
