"""Laws of reading and encoding: what is read back is what was written; the worst of files is plainly refused."""

import csv
import gzip
import io
import string
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sparklime_core import SparkLimeError, load_sample, read_csv
from sparklime_core.data.build_dataset import assemble, encode_rows, read_rows
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.read_table import read_table
from sparklime_core.data.table_source import sample_csv
from sparklime_core.models.model_files import load_estimator

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LETTERS = string.ascii_letters + "äßéñ日本,;|\t \"'\n"
NUMBERS = st.floats(-1e12, 1e12).map(lambda value: round(value, 6))
DELIMITERS = st.sampled_from(",;\t|")
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])

names = st.lists(
    st.text(string.ascii_letters + "äß日 ,;<>*#", min_size=1, max_size=12).filter(
        lambda name: name.strip() == name
    ),
    min_size=2,
    max_size=6,
    unique=True,
)


def written(rows, delimiter, encoding="utf-8", line_end="\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode(encoding)


@QUICK
@given(
    data=st.data(),
    header=names,
    delimiter=DELIMITERS,
    encoding=ENCODINGS,
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_are_read_back_as_they_were_written(data, header, delimiter, encoding, line_end):
    cells = st.lists(NUMBERS, min_size=len(header), max_size=len(header))
    rows = data.draw(st.lists(cells, min_size=2, max_size=12))
    reading = read_table(written([header, *rows], delimiter, encoding, line_end), header_names=header)
    assert list(reading.names) == header
    found = np.array([column.values.to_numpy() for column in reading.columns]).T
    np.testing.assert_array_equal(found, rows)


@QUICK
@given(
    cells=st.lists(st.text(LETTERS, max_size=20), min_size=3, max_size=15),
    delimiter=DELIMITERS,
    encoding=ENCODINGS,
)
def test_texts_are_read_back_as_they_were_written(cells, delimiter, encoding):
    rows = [["text", "number"], *([cell, str(at)] for at, cell in enumerate(cells))]
    options = ReadOptions(delimiter=delimiter, header=True, missing_words=())
    reading = read_table(written(rows, delimiter, encoding), options)
    found = reading.column("text", "text").values.to_pylist()
    assert found == [cell.strip() or None for cell in cells]
    assert reading.column("number").values.to_pylist() == list(range(len(cells)))


@QUICK
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), NUMBERS),
            st.one_of(st.none(), st.sampled_from(["red", "Grün", "blue one"])),
            st.sampled_from(["yes", "no"]),
        ),
        min_size=4,
        max_size=30,
    )
)
def test_what_is_encoded_can_be_said_again(rows):
    assume(len({label for *_, label in rows}) == 2)
    content = written([["size", "color", "t"], *([v if v is not None else "" for v in row] for row in rows)], ",")
    assume(any(size is not None for size, *_ in rows) and any(color for _, color, _ in rows))
    dataset = read_csv(content, "t", roles={"size": "numeric", "color": "categorical"})
    assert np.isfinite(dataset.features).all()
    for at, (size, color, label) in enumerate(rows):
        assert dataset.target_text(at) == label
        assert dataset.value_text(0, dataset.features[at, 0]) == ("missing" if size is None else f"{size:.6g}")
        assert dataset.value_text(1, dataset.features[at, 1]) == (color or "missing")
    again = read_rows(content, dataset.encoding)
    np.testing.assert_array_equal(again.features, dataset.features)
    np.testing.assert_array_equal(again.target, dataset.target)


@QUICK
@given(
    columns=st.dictionaries(
        st.text(string.ascii_letters, min_size=1, max_size=5),
        st.sampled_from(
            [
                pa.array([1, 2, None, 2**62]),
                pa.array([1.5, float("nan"), float("inf"), -0.0]),
                pa.array(["a", None, "1", "x"]),
                pa.array([True, None, False, True]),
                pa.array([0, 1, None, 3], pa.timestamp("ns")),
                pa.array([b"a", b"\xff", None, b""]),
                pa.array([{"a": 1}, None, {"a": 2}, {"a": 3}]),
                pa.array([None] * 4),
                pa.array([1, 2, 3, None], pa.decimal128(30, 2)),
                pa.array([1, 2, 3, None], pa.time32("s")),
            ]
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_parquet_file_of_any_types_is_read_or_refused(columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    used(buffer.getvalue())


def or_plainly_refused(function, *arguments):
    """Return what a function returns, or None when it refuses; any other exception is a failure."""
    refusal = None
    try:
        return function(*arguments)
    except SparkLimeError as error:
        refusal = str(error)
    assert refusal.endswith(".")
    assert "\n" not in refusal
    return None


def used(content):
    """Read and encode whatever it is, with every column as the target; only plain refusals may come out."""
    reading = or_plainly_refused(read_table, content)
    if reading is None:
        return
    assert all(len(column.values) == reading.rows for column in reading.columns)
    for target in reading.names[:3]:
        dataset = or_plainly_refused(assemble, reading, target)
        if dataset is None:
            continue
        assert dataset.features.shape == (reading.rows, len(dataset.feature_names))
        assert np.isfinite(dataset.features[dataset.labelled]).all()
        features, _ = encode_rows(dataset.encoding, reading)
        np.testing.assert_array_equal(features, dataset.features)


@QUICK
@given(content=st.binary(max_size=400))
@example(b'a,b\n"')
@example(b'"')
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b",\n,\n")
@example(b"a,b\n1,\xff\n2,\xe4\n")
def test_random_bytes_are_read_or_refused(content):
    used(content)


@QUICK
@given(content=st.text(string.digits + "abN/A.,;:-\"'\n\r\t |€%()\0\ufeff\u2028", max_size=200))
def test_random_texts_are_read_or_refused(content):
    used(content.encode())


PENGUINS = b"\n".join(sample_csv("penguins").splitlines()[:40])


@QUICK
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(PENGUINS) - 1), st.integers(0, 8), st.binary(max_size=4)),
        min_size=1,
        max_size=6,
    )
)
def test_a_damaged_table_is_read_or_refused(changes):
    content = PENGUINS
    for start, length, inserted in changes:
        content = content[:start] + inserted + content[start + length :]
    used(content)


@QUICK
@given(
    start=st.integers(0, 10_000),
    inserted=st.binary(min_size=1, max_size=8),
    kind=st.sampled_from(["gzip", "zip", "parquet"]),
)
def test_a_damaged_archive_is_read_or_refused(start, inserted, kind):
    content = ARCHIVES[kind]
    start %= len(content)
    used(content[:start] + inserted + content[start + len(inserted) :])


def zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", content)
    return packed.getvalue()


def parquet(content):
    buffer = io.BytesIO()
    pq.write_table(pa.csv.read_csv(io.BytesIO(content)), buffer)
    return buffer.getvalue()


ARCHIVES = {"gzip": gzip.compress(PENGUINS), "zip": zipped(PENGUINS), "parquet": parquet(PENGUINS)}


@QUICK
@given(content=st.binary(max_size=200), ending=st.sampled_from([".skops", ".pkl", ""]))
@example(content=b"PK\x05\x06" + bytes(18), ending=".skops")
def test_no_bytes_are_a_model(content, ending, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / f"model{ending}"
    path.write_bytes(content)
    with pytest.raises(SparkLimeError):
        load_estimator(path)


@QUICK
@given(data=st.data())
def test_columns_may_come_in_any_order(data):
    dataset = load_sample("penguins")
    rows = list(csv.reader(io.StringIO(sample_csv("penguins").decode())))[:30]
    order = data.draw(st.permutations(range(len(rows[0]))))
    turned = read_rows(written([[row[at] for at in order] for row in rows], ";"), dataset.encoding)
    np.testing.assert_array_equal(turned.features, dataset.features[:29])
    np.testing.assert_array_equal(turned.target, dataset.target[:29])
