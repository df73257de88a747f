"""Any table that Spark reads, encoded and explained on the executors and written by them; nothing is collected."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as sf

from sparklime_core.data.feature_encoding import BatchEncoder
from sparklime_core.errors import CancelledError, DataError, SparkError
from sparklime_core.explain.task import ExplainTask
from sparklime_core.spark.explained_frame import KeptColumns, explained_frame
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence, raised_by_spark
from sparklime_core.spark.table_sink import Sink
from sparklime_core.spark.waves.payload import Payload
from sparklime_core.waiting import call

ENDINGS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".orc": "orc", ".avro": "avro"}
FLAT = ("csv",)
"""Formats whose columns hold no lists: there an explanation is JSON."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Written:
    """How many explanations the executors wrote, one for each row and label, and how many of these are errors."""

    explanations: int
    failed: int


def open_source(
    spark: SparkSession, source: str, form: str | None = None, options: Mapping[str, str] | None = None
) -> DataFrame:
    """Return a table that Spark reads, lazily.

    Parameters
    ----------
    source
        A path, an address like ``s3a://bucket/rows``, or the name of a table in the catalog.
    form
        Spark's name of the format of a path; found out from its ending, and ``parquet``, when None.
    options
        Of Spark's reader. The first line of CSV files is their header unless the options say otherwise.

    Raises
    ------
    DataError
        When there is no such path on this machine.
    SparkError
        When Spark cannot read it.
    """
    path = _address(source, is_path=form is not None)
    if path is None:
        return _in_one_sentence(f"The table {source!r} cannot be read", lambda: _resolved(spark.table(source)))
    form = form or ENDINGS.get(_ending(path), "parquet")
    chosen = {**({"header": "true"} if form == "csv" else {}), **(options or {})}
    reader = spark.read.format(form).options(**chosen)
    return _in_one_sentence(f"Spark cannot read {source!r} as {form}", lambda: _resolved(reader.load(path)))


def explain_table(
    df: DataFrame,
    task: ExplainTask,
    encoder: BatchEncoder,
    id_col: str | None = None,
    payload: Payload | None = None,
) -> DataFrame:
    """Return a lazy DataFrame of explanations, with the columns of `result_schema`.

    Parameters
    ----------
    df
        Rows as people keep them: texts, dates, gaps. They are encoded on the executors.
    task
        What `prepare_task` has made.
    encoder
        A `BatchEncoder` of ``df.columns``.
    id_col
        The column that ``row_id`` is taken from, of any type. Without it ``row_id`` is the row's position, from 0,
        in the order in which Spark reads the rows, for which it counts them in one more pass.
    payload
        The task, where it was brought to the executors before.

    Raises
    ------
    SparkError
        When there is no such column.
    """
    with raised_by_spark("The table cannot be explained"):
        return explained_frame(df, task, encoder.columns, encoder.encode, KeptColumns(id_col), payload)


def write_explanations(explained: DataFrame, sink: Sink, cancel: threading.Event) -> Written:
    """Let the executors explain and write; return what they counted on the way.

    Raises
    ------
    CancelledError
        After `cancel` was set, and the executors were asked to stop.
    SparkError
        When Spark cannot write there, or the job has failed.
    """
    counted = Observation()
    observed = explained.observe(counted, sf.count(sf.lit(1)).alias("rows"), sf.count("error").alias("failed"))
    if sink.form in FLAT:
        lists = [name for name in ("explanation", "profiles") if name in explained.columns]
        observed = observed.withColumns({name: sf.to_json(name) for name in lists})
    backend, tag = backend_of(explained.sparkSession), f"sparklime-{uuid.uuid4().hex}"

    def write() -> None:
        backend.enter_thread(tag)
        sink.save(observed)

    def stop_where_cancelled() -> None:
        if cancel.is_set():
            backend.cancel(tag)

    try:
        call(write, meanwhile=stop_where_cancelled)
    except Exception as error:
        if not cancel.is_set():
            raise SparkError(
                f"The explanations cannot be written to {sink.out!r}: {one_sentence(error)}"
            ) from error
    if cancel.is_set():
        raise CancelledError(f"Cancelled; the result in {sink.out!r} is incomplete.")
    return Written(int(counted.get["rows"]), int(counted.get["failed"]))


def _address(source: str, *, is_path: bool) -> str | None:
    """Return the address of files for Spark; None if it can only be a table's name."""
    if "://" in source or source.startswith("file:"):
        return source
    path = Path(source)
    if path.exists():
        return f"file://{path.absolute()}"
    if is_path or "/" in source or _ending(source) in ENDINGS:
        raise DataError(f"There is no file or folder {source!r}.")
    return None


def _resolved(df: DataFrame) -> DataFrame:
    """Return a DataFrame after Spark has looked for it, which Spark Connect puts off."""
    _ = df.columns
    return df


def _ending(path: str) -> str:
    name = Path(path.lower().rstrip("/"))
    return Path(name.stem).suffix if name.suffix in (".gz", ".bz2", ".zst", ".snappy") else name.suffix


def _in_one_sentence(what: str, action: Callable[[], Result]) -> Result:
    """Do something, and turn Spark's error into one sentence."""
    try:
        return action()
    except Exception as error:
        raise SparkError(f"{what}: {one_sentence(error)}") from error
