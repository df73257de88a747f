"""`Sink`: the place that the executors write explanations to."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.output_folder import written_alone
from sparklime_core.spark.session.failures import one_sentence

LOCAL = "file://"

KEEPS_RECORDS = ("parquet", "delta")
"""Formats that keep the metadata of columns and the types of values."""

NOTHING_THERE = (
    "PATH_NOT_FOUND",
    "UNABLE_TO_INFER_SCHEMA",
    "DELTA_MISSING_DELTA_TABLE",
    "DELTA_PATH_DOES_NOT_EXIST",
    "DELTA_TABLE_NOT_FOUND",
)
"""What Spark calls the failure to read where nothing was written yet."""

ATTEMPT = "mapreduce.job.application.attempt.id"
"""Names the folder in ``_temporary`` that a job commits: Hadoop's committer takes all that is in it."""


@dataclass(frozen=True)
class Sink:
    """Where the executors write.

    Attributes
    ----------
    out
        A path or an address; the name of a table when `is_table`.
    form, mode, options
        Spark's names of a format and of a save mode; options of its writer.
    """

    out: str
    is_table: bool = False
    form: str = "parquet"
    mode: str = "errorifexists"
    options: Mapping[str, str] | None = None

    @property
    def keeps_records(self) -> bool:
        """Whether a `TableRecord`, and the types of ids, are read again as they were written."""
        return self.form in KEEPS_RECORDS

    @property
    def folder(self) -> Path | None:
        """The folder of this machine; None for a table or an address elsewhere."""
        if self.is_table or ("://" in self.out and not self.out.startswith(LOCAL)):
            return None
        return Path(self.out.removeprefix(LOCAL)).absolute()

    def alone(self) -> AbstractContextManager[None]:
        """Let this process alone write there; what a killed job has left unfinished in a folder is cleared."""
        return contextlib.nullcontext() if self.folder is None else written_alone(self.folder)

    def save(self, df: DataFrame) -> None:
        """Write a DataFrame."""
        writer: DataFrameWriter = df.write.format(self.form).mode(self.mode).options(**(self.options or {}))
        with _own_attempt(df.sparkSession):
            if self.is_table:
                writer.saveAsTable(self.out)
            else:
                writer.save(self._address())

    def existing(self, spark: SparkSession) -> DataFrame | None:
        """Return what is there, lazily; None where nothing is.

        Raises
        ------
        SparkError
            When something is there that cannot be read.
        """
        try:
            if self.is_table:
                return spark.table(self.out) if spark.catalog.tableExists(self.out) else None
            found = spark.read.format(self.form).load(self._address())
            _ = found.columns  # Spark Connect looks for it only now
        except Exception as error:
            if isinstance(error, AnalysisException) and error.getCondition() in NOTHING_THERE:
                return None
            raise SparkError(
                f"{self.out!r} already exists, and cannot be read as {self.form}: {one_sentence(error)}"
            ) from error
        return found

    def _address(self) -> str:
        return self.out if self.folder is None else f"{LOCAL}{self.folder}"


@contextlib.contextmanager
def _own_attempt(spark: SparkSession) -> Iterator[None]:
    """Let a job commit its own tasks alone, and none that a killed job has finished in the same place."""
    before = spark.conf.get(ATTEMPT, None)
    spark.conf.set(ATTEMPT, str(1 + secrets.randbelow(2**30)))
    try:
        yield
    finally:
        if before is None:
            spark.conf.unset(ATTEMPT)
        else:
            spark.conf.set(ATTEMPT, before)
