"""Explain a table in steps. Each is written as a whole, so that a command that was cut off can continue."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from sparklime_core.errors import DataError, SettingsError, SparkError
from sparklime_core.explain.schema import SCHEMA_VERSION
from sparklime_core.spark.columns import by_place, named, place_of
from sparklime_core.spark.explain_table import Written, write_explanations
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import raised_by_spark
from sparklime_core.spark.table_sink import RECORD_COLUMN, Sink, TableRecord

ROWS_A_STEP = 10_000
USUAL_STEPS, MOST_STEPS = 20, 1000
"""Each step reads the source again; of a command that is cut off, the step is lost that it was in."""

ROWS_A_FILE = 100_000
FILE_ROWS = "maxRecordsPerFile"
DONE = "__sparklime_done"

OnStep = Callable[[int, Written], None]
"""Called with the number of finished steps, and what was written so far."""


@dataclass(frozen=True)
class Rest:
    """The rows of a source that a target lacks.

    Attributes
    ----------
    source
        All rows.
    id_col
        The column whose values name the rows.
    record
        What every commit says of itself.
    there
        What the target holds already; None where there is no target yet.
    rows, rows_there
        How many rows are left, and how many of the source's are in the target.
    """

    source: DataFrame
    id_col: str
    record: TableRecord
    there: DataFrame | None
    rows: int
    rows_there: int

    def is_nothing(self) -> bool:
        """Return whether the target has all rows; a missing target has none."""
        return self.there is not None and self.rows == 0

    def step(self, at: int, steps: int) -> DataFrame:
        """Return the rows of a step, spread over all cores: a source of one file would be read by one."""
        by_id = named(self.id_col)
        chosen = self.source.where(sf.pmod(sf.xxhash64(by_id), sf.lit(steps)) == at)
        # A number of partitions that is given is kept by Spark, which else joins what is small.
        parted = chosen.repartition(self._partitions(steps), by_id)
        return parted if self.there is None else _lacking(parted, self.id_col, self.there)

    def _partitions(self, steps: int) -> int:
        rows = -(-self.rows // steps)
        cores = backend_of(self.source.sparkSession).parallelism()
        return max(min(cores, rows), -(-rows // ROWS_A_FILE), 1)


def steps_of(rows: int, asked: int | None = None) -> int:
    """Return in how many steps rows are explained."""
    return asked or min(max(-(-rows // ROWS_A_STEP), 1), USUAL_STEPS)


def rest_of(
    source: DataFrame,
    id_col: str,
    columns: tuple[str, ...],
    sink: Sink,
    request: Mapping[str, Any],
    *,
    only_new: bool,
) -> Rest:
    """Return what is left to explain: all rows, or those that a target lacks.

    Parameters
    ----------
    source, id_col, columns
        The rows, the column that names them, and the columns that the model needs.
    sink
        Where the explanations go.
    request
        All that an explanation depends on besides its row.
    only_new
        Whether rows may be added to a whole target, or to one of other rows; otherwise only a command that was cut
        off goes on.

    Raises
    ------
    DataError
        When ids repeat, or are null.
    SparkError
        When the target is of another command or of other rows, or is whole already.
    """
    with raised_by_spark("The rows cannot be counted"):
        place = place_of(source, id_col)
        id_col = source.columns[place]
        there = sink.existing(source.sparkSession)
        kept = None if there is None else _record(sink, there, request, only_new=only_new)
        rows, digest = _summary(source, place, [place_of(source, name) for name in columns])
        record = TableRecord(request, rows, digest)
        if there is None or kept is None:
            return Rest(source, id_col, record, None, rows, 0)
        _check_ids(sink, source.schema.fields[place].dataType.simpleString(), there)
        if not only_new:
            _check_cut_off(sink, there, kept, record)
        left = _lacking(source.select(named(id_col)), id_col, there).count()
        return Rest(source, id_col, record, there, left, rows - left)


def write_steps(
    rest: Rest,
    explain: Callable[[DataFrame], DataFrame],
    sink: Sink,
    steps: int,
    cancel: threading.Event,
    on_step: OnStep,
) -> Written:
    """Let the executors explain and write, step by step; each step is appended as a whole.

    Raises
    ------
    CancelledError, SparkError
        As `write_explanations` has it. Finished steps stay, and the same command does the others.
    """
    if FILE_ROWS in (sink.options or {}):
        raise SettingsError(f"{FILE_ROWS} could split a row's labels over two files; leave it out with --id.")
    # As 0, it overrules the setting of the session, which would do the same.
    sink = replace(sink, options={**(sink.options or {}), FILE_ROWS: "0"})
    written = Written(0, 0)
    if rest.there is None and sink.is_table:
        # Spark writes the files of a new table before there is a table, and a killed job leaves them in the way.
        schema = rest.record.attach(explain(rest.source.limit(0))).schema
        sink.save(rest.source.sparkSession.createDataFrame([], schema))
    for at in range(steps):
        is_first = at == 0 and rest.there is None and sink.folder is not None
        mode = sink.mode if is_first else "append"
        explained = rest.record.attach(explain(rest.step(at, steps)))
        now = write_explanations(explained, replace(sink, mode=mode), cancel)
        written = Written(written.explanations + now.explanations, written.failed + now.failed)
        on_step(at + 1, written)
    return written


def _lacking(source: DataFrame, id_col: str, there: DataFrame) -> DataFrame:
    """Return the rows of a source that a target has no explanation of."""
    done = there.select(sf.col(RECORD_COLUMN).alias(DONE))
    return source.join(done, named(id_col) == sf.col(DONE), "left_anti")


def _summary(source: DataFrame, place: int, columns: list[int]) -> tuple[int, int]:
    """Return how many rows there are, and a digest of them that their order does not change."""
    placed, row_id = by_place(source), sf.col(f"c{place}")
    values = [sf.col(f"c{at}") for at in dict.fromkeys((place, *columns))]
    # Spark's hash passes over nulls, so which values are null is hashed, too.
    hashed = sf.xxhash64(*values, *(value.isNull() for value in values))
    by_id = placed.groupBy(row_id.alias("id")).agg(sf.count(sf.lit(1)).alias("n"), sf.first(hashed).alias("hash"))
    found = by_id.agg(
        sf.coalesce(sf.sum("n"), sf.lit(0)).alias("rows"),
        sf.coalesce(sf.max("n"), sf.lit(0)).alias("most"),
        sf.max_by("id", "n").cast("string").alias("repeated"),
        sf.coalesce(sf.sum(sf.when(sf.isnull("id"), sf.col("n"))), sf.lit(0)).alias("nulls"),
        sf.coalesce(sf.bit_xor("hash"), sf.lit(0)).alias("digest"),
    ).first()
    assert found is not None  # noqa: S101 - an aggregate of no rows is a row
    name = source.columns[place]
    if found["nulls"]:
        raise DataError(
            f"The column {name!r} is null in {found['nulls']} rows; choose another, or leave --id out."
        )
    if found["most"] > 1:
        raise DataError(
            f"The column {name!r} has {found['repeated']!r} in {found['most']} rows, and an id must name one; "
            "choose another column, or leave --id out."
        )
    return int(found["rows"]), int(found["digest"])


def _record(sink: Sink, there: DataFrame, request: Mapping[str, Any], *, only_new: bool) -> TableRecord:
    """Return the record of a target, after it was held against what is asked now."""
    found = TableRecord.of(there)
    what_else = "name another place" if only_new else "name another place, or replace it with --mode overwrite"
    if found is None:
        raise SparkError(
            f"{sink.out!r} already exists, and does not say by which settings it was made: another program has "
            f"written it, or an earlier version of SparkLIME; {what_else}."
        )
    if found.version != SCHEMA_VERSION:
        raise SparkError(
            f"{sink.out!r} already exists, and holds results of schema version {found.version}, not of "
            f"{SCHEMA_VERSION}, which this SparkLIME writes; {what_else}."
        )
    if others := found.differences(request):
        shown = ", ".join(name.replace("_", " ") for name in others)
        raise SparkError(f"{sink.out!r} already exists, and was made with another {shown}; {what_else}.")
    return found


def _check_ids(sink: Sink, kind: str, there: DataFrame) -> None:
    written = next(field.dataType for field in there.schema.fields if field.name == RECORD_COLUMN).simpleString()
    if written != kind:
        raise SparkError(f"The ids in {sink.out!r} are of type {written}, and those to explain of type {kind}.")


def _check_cut_off(sink: Sink, there: DataFrame, kept: TableRecord, record: TableRecord) -> None:
    """Raise `SparkError` when a target cannot be continued: it is complete, or of other rows."""
    how = "--only-new explains the rows that it lacks, --mode overwrite replaces it"
    if kept.digest != record.digest or kept.rows != record.rows:
        raise SparkError(f"{sink.out!r} already exists, and was made from other rows; {how}.")
    if there.select(RECORD_COLUMN).distinct().count() >= record.rows:
        raise SparkError(f"{sink.out!r} already exists, and has all {record.rows} rows; {how}.")
