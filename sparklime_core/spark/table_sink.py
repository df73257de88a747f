"""`Sink`: the place that executors write explanations to; and `TableRecord`: what such a table says of itself."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from sparklime_core.atomic_files import disk_errors_explained, remove_folder
from sparklime_core.errors import SparkError
from sparklime_core.explain.schema import SCHEMA_VERSION, VERSION_KEY
from sparklime_core.paths import cache_folder, private_folder
from sparklime_core.spark.session.failures import one_sentence

UNFINISHED = "_temporary"
"""The folder of unfinished output of Spark's committer: it has numbered folders, one per attempt."""

RECORD_COLUMN = "row_id"
"""The column whose metadata has the record: files of Parquet, Delta tables and tables of the catalog keep it."""

RECORD_KEY = "sparklime"
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


@contextlib.contextmanager
def written_alone(folder: Path) -> Iterator[None]:
    """Let this process alone write a folder of this machine, and clear it when a killed one left it unfinished.

    Raises
    ------
    SparkError
        When another process of this user writes there.
    RunError
        When the home of SparkLIME, which holds the lock, cannot be written.
    """
    locks = cache_folder() / "outputs"
    with disk_errors_explained(locks):
        private_folder(locks)
        lock = FileLock(locks / sha256(str(folder.resolve()).encode()).hexdigest()[:32])
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise SparkError("another process writes there; wait for its end, or name another folder.") from error
    try:
        if is_left_over(folder):
            remove_folder(folder)
        yield
    finally:
        lock.release()


def is_left_over(folder: Path) -> bool:
    """Return whether a folder holds nothing but what a job of Spark begins with."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return all(entry.name == UNFINISHED and _is_of_committer(entry) for entry in folder.iterdir())


def _is_of_committer(folder: Path) -> bool:
    return folder.is_dir() and all(entry.name.isdecimal() and entry.is_dir() for entry in folder.iterdir())


@dataclass(frozen=True)
class TableRecord:
    """From what a table of explanations was made. Every commit carries it, so no explanation is without it.

    Attributes
    ----------
    request
        All that an explanation depends on besides its row: settings, and digests of the model and its table.
    rows
        How many rows the source had.
    digest
        Of these rows: their ids and the columns that the model needs.
    version
        Of the schema of results.
    """

    request: Mapping[str, Any]
    rows: int
    digest: int
    version: int = SCHEMA_VERSION

    def attach(self, explained: DataFrame) -> DataFrame:
        """Return explanations that carry the record."""
        held = {"request": dict(self.request), "rows": self.rows, "digest": self.digest, VERSION_KEY: self.version}
        return explained.withMetadata(RECORD_COLUMN, {RECORD_KEY: json.dumps(held)})

    @classmethod
    def of(cls, table: DataFrame) -> "TableRecord | None":
        """Return the record of a table; None where it has none that can be read."""
        texts = [field.metadata.get(RECORD_KEY) for field in table.schema.fields if field.name == RECORD_COLUMN]
        try:
            held = json.loads(texts[0] or "")
            return cls(dict(held["request"]), int(held["rows"]), int(held["digest"]), int(held[VERSION_KEY]))
        except (IndexError, TypeError, ValueError, KeyError):
            return None

    def differences(self, request: Mapping[str, Any]) -> list[str]:
        """Return the names of what is not as in another request."""
        names = dict.fromkeys([*request, *self.request])
        return [name for name in names if self.request.get(name) != request.get(name)]


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
