"""The lock of an output folder, and the record of a table."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql.types import LongType, StructField, StructType

from sparklime_core.errors import RunError, SparkError
from sparklime_core.spark.table_sink import TableRecord, is_left_over, written_alone
from sparklime_core.spark.table_steps import steps_of

TASK = "_temporary/0/_temporary/attempt_202401021504_0001_m_000000_1/part-00000.snappy.parquet"
RECORD = TableRecord({"seed": 1, "id": "ring"}, 10, -(2**63))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def make(folder: Path, names: tuple[str, ...]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).mkdir() if name.endswith("/") else (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("names", "is_left"),
    [
        ((), True),
        (("_temporary/",), True),
        (("_temporary/0/",), True),
        ((TASK,), True),
        ((TASK, "_temporary/1/_temporary/x.parquet"), True),
        ((TASK, "_SUCCESS"), False),
        ((TASK, "part-00000.snappy.parquet"), False),  # some was there before, or is of a job that was ending
        ((TASK, "notes.txt"), False),
        ((TASK, "_temporary/notes.txt"), False),
        (("_temporary/mine/notes.txt",), False),
        (("_temporary/0",), False),
        (("_temporary",), False),
        (("_SUCCESS",), False),
        (("run.json",), False),
    ],
)
def test_only_what_a_job_begins_with_is_cleared(tmp_path: Path, names: tuple[str, ...], is_left: bool) -> None:
    folder = make(tmp_path / "out", names)
    before = sorted(folder.rglob("*"))
    assert is_left_over(folder) is is_left
    with written_alone(folder):
        assert folder.exists() is not is_left
        assert is_left or sorted(folder.rglob("*")) == before


def test_what_is_no_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(make(tmp_path / "behind", (TASK,)))
    for name in ("file", "link", "absent"):
        assert not is_left_over(tmp_path / name)
        with written_alone(tmp_path / name):
            pass
    assert (tmp_path / "behind" / TASK).exists()


def test_what_another_process_writes_is_not_cleared_until_that_is_killed(tmp_path: Path) -> None:
    folder = make(tmp_path / "out", (TASK,))
    script = """
import sys
from pathlib import Path
from sparklime_core.spark.table_sink import written_alone
with written_alone(Path(sys.argv[1])):
    Path(sys.argv[1], "_temporary/0").mkdir(parents=True)
    print("writing", flush=True)
    input()
"""
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "writing\n"
        with pytest.raises(SparkError, match="another process writes there"), written_alone(folder):
            pass
        assert folder.exists()
        other.kill()
    with written_alone(folder):
        assert not folder.exists()


def test_a_folder_is_free_again_after_a_job_that_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), written_alone(tmp_path / "out"):
        raise KeyError
    with written_alone(tmp_path / "out"):
        pass


def test_a_home_that_cannot_hold_the_lock_is_one_sentence(tmp_path: Path, home: Path) -> None:
    home.touch()
    with pytest.raises(RunError, match="a file where a folder must be"), written_alone(tmp_path / "out"):
        pass


class Explained:
    """A DataFrame, as far as metadata go."""

    def __init__(self, metadata=None, name="row_id"):
        self.schema = StructType([StructField(name, LongType(), metadata=metadata)])

    def withMetadata(self, name, metadata):  # noqa: N802 - Spark's name
        return Explained(metadata, name)


def test_a_record_is_read_as_it_was_attached():
    assert TableRecord.of(RECORD.attach(Explained())) == RECORD


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", "no json", '{"request": {}, "rows": null, "digest": 0}', 7]
)
def test_what_is_no_record_is_none(text):
    assert TableRecord.of(Explained({} if text is None else {"sparklime": text})) is None
    assert TableRecord.of(SimpleNamespace(schema=StructType([]))) is None


def test_what_differs_is_named():
    assert RECORD.differences({"seed": 1, "id": "ring"}) == []
    assert RECORD.differences({"seed": 2, "id": "ring", "engine": "exact"}) == ["seed", "engine"]
    assert RECORD.differences({"seed": 1}) == ["id"]


@pytest.mark.parametrize(("rows", "steps"), [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (200_000, 20), (10**9, 20)])
def test_steps_are_few_for_few_rows_and_never_many(rows, steps):
    assert steps_of(rows) == steps
    assert steps_of(rows, 3) == 3
