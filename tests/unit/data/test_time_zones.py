"""Times are the local ones that a file says, from CSV and Parquet alike."""

import io

import pandas as pd
import pyarrow as pa
import pytest

from sparklime_core import read_csv, read_rows
from sparklime_core.data.feature_encoding import BatchEncoder
from sparklime_core.data.parse_dates import local_times
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import DataError
from tests.unit.data.tables import report


def frame(zone):
    times = pd.date_range("2021-03-20 23:45", periods=50, freq="37h", tz=zone)  # over a change of the clocks
    return pd.DataFrame({"at": times, "y": ["u", "v"] * 25})


def parquet(table):
    written = io.BytesIO()
    table.to_parquet(written)
    return written.getvalue()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC", "Europe/Lisbon"])
def test_csv_and_parquet_have_the_same_local_times(zone):
    table = frame(zone)
    read = [read_csv(content, "y") for content in (table.to_csv(index=False).encode(), parquet(table))]
    assert (read[0].features == read[1].features).all()
    hour = read[1].feature_names.index("at (hour)")
    assert read[1].features[:, hour].tolist() == table["at"].dt.hour.tolist()
    assert all("times are" in report(dataset, "at").notes[0] for dataset in read)


def test_mixed_offsets_stay_as_written_and_are_said():
    lines = "\n".join(
        f"2021-0{1 + k % 9}-1{k % 9} 2{k % 3}:30{('Z', '+02:00', '-0530')[k % 3]},{'uv'[k % 2]}" for k in range(40)
    )
    dataset = read_csv(f"at,y\n{lines}".encode(), "y")
    assert dataset.features[:3, dataset.feature_names.index("at (hour)")].tolist() == [20, 21, 22]
    assert "(+02:00, -0530, Z) are not applied" in report(dataset, "at").notes[0]


def test_new_rows_are_converted_to_the_zone_of_the_model_s_table():
    learnt = read_csv(parquet(frame("America/New_York")), "y")
    hour = learnt.feature_names.index("at (hour)")
    instant = pd.DataFrame({"at": pd.to_datetime(["2021-07-01 02:30"], utc=True)})
    text = read_rows(b"at\n2021-07-01T02:30:00Z\n", learnt.encoding)
    typed = read_rows(parquet(instant), learnt.encoding)
    assert text.features[0, hour] == typed.features[0, hour] == 22
    assert "America/New_York" in " ".join(report(typed, "at").notes)
    encoder = BatchEncoder.of(learnt.encoding, ["at"], ReadOptions())
    batch = encoder.encode([pa.array(instant["at"].to_list(), pa.timestamp("us", "Asia/Tokyo"))])
    assert (batch == typed.features).all()


def test_an_unknown_zone_is_refused():
    with pytest.raises(DataError, match="time zone 'Mars/Olympus'"):
        local_times(pa.chunked_array([pa.array([0], pa.timestamp("s", "Mars/Olympus"))]), None)
