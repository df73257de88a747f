"""A run's explanations as files to take away: weights, profiles, and reason codes."""

import io

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from sparklime_core.errors import RunError, SettingsError
from sparklime_core.explain.schema import weight_lines
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.query.rows import filtered
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

USUAL_REASONS = 3
"""Reasons per line, by default."""

MOST_REASONS = 50
_LINES = """
WITH ranked AS (
  SELECT * FROM results
  QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY prediction DESC NULLS LAST, label) = 1
)
SELECT row_id, {said}, {truth} AS "true", score AS local_r2, {reasons}, error
FROM ranked JOIN (SELECT target, file_row_number AS position FROM {table}) kept
  ON kept.position = row_id
ORDER BY row_id
"""

_REASON = """
explanation[{at}].feature_explanation || CASE WHEN explanation[{at}].weight >= 0 THEN {up} ELSE {down} END
  || printf(' (%+.3g)', explanation[{at}].weight) AS reason_{at}
"""

_BLANK = r"[\s\p{Z}\p{C}]*"
_BEGINS = r"[=+\-@＝＋－＠]"
FORMULAS = (rf"([;|\t\r\n]{_BLANK})({_BEGINS})", rf"^()({_BLANK}{_BEGINS}|[\t\r\n])")
"""Beginnings of formulas (OWASP, "CSV injection"): after a character that may end a cell, like the semicolon in
many countries, and at the start of a text."""

GUARDED = r"\1'\2"
"""The same with an apostrophe, which begins a text in a spreadsheet."""


def reason_codes(run: Run, results: pa.Table, *, reasons: int = USUAL_REASONS) -> pa.Table:
    """Put results into words.

    Parameters
    ----------
    run
        Where they are from.
    results
        Rows of the result's schema. A row with several explained labels has one line, for its most probable label.
    reasons
        Number of reasons, strongest first.

    Returns
    -------
    pyarrow.Table
        ``row_id``; ``predicted`` (class, or value) and, with classes, its ``probability`` (``log_odds`` of the
        explained class, where these are explained); ``true`` (null where it is unknown); ``local_r2``;
        ``reason_1`` and so on, like "age > 50.00 speaks for yes (+0.12)"; ``error``.
        In row order.

    Raises
    ------
    SettingsError
        When no reason is asked for, or more than `MOST_REASONS`.
    """
    if not 1 <= reasons <= MOST_REASONS:
        raise SettingsError(f"The number of reasons must be between 1 and {MOST_REASONS}, not {reasons}.")
    class_names = run.facts.class_names
    if class_names is None:
        said, truth, up, down = "prediction AS predicted", "kept.target", "' raises it'", "' lowers it'"
    else:
        column = run.predicted.noun.replace("-", "_")
        said = f"$classes[{run.predicted.label_sql} + 1] AS predicted, prediction AS {column}"
        truth = "$classes[kept.target + 1]"
        up, down = "' speaks for ' || label_name", "' speaks against ' || label_name"
    words = [_REASON.format(at=at, up=up, down=down) for at in range(1, reasons + 1)]
    sql = _LINES.format(table=scan("$data", positions=True), said=said, truth=truth, reasons=", ".join(words))
    parameters = {"data": literal(run.folder / DATA_FILE)}
    with duckdb.connect() as connection:
        connection.register("results", results)
        classes = {} if class_names is None else {"classes": list(class_names)}
        return connection.sql(sql, params={**parameters, **classes}).to_arrow_table()


def explanations_parquet(run: Run, wanted: RowFilter) -> bytes:
    """Return the results of the rows that pass a filter, in the result's schema, as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(filtered(run, wanted), buffer)
    return buffer.getvalue()


def explanations_csv(run: Run, wanted: RowFilter) -> bytes:
    """Return the same as a CSV file with one line per weight, safe to open in a spreadsheet."""
    return weights_csv(filtered(run, wanted))


def reasons_csv(run: Run, wanted: RowFilter, *, reasons: int = USUAL_REASONS) -> bytes:
    """Return reason codes as a CSV file, one line per row; see `reason_codes`."""
    results = filtered(run, wanted)
    return csv_bytes(reason_codes(run, results, reasons=reasons))


def profiles_csv(run: Run, wanted: RowFilter) -> bytes:
    """Return the profiles of the rows that pass a filter as a CSV file, one line per bin.

    Raises
    ------
    RunError
        When the run was made without profiles.
    """
    results = filtered(run, wanted)
    if "profiles" not in results.column_names:
        raise RunError("This run keeps no profiles. Explain again with profiles (--profiles) to export them.")
    profiles = results["profiles"].combine_chunks()
    features, bins = profiles.flatten().flatten()
    of_feature = pc.list_parent_indices(profiles)
    line = pc.list_parent_indices(bins)
    row = of_feature.take(line)
    names = ("row_id", "label", "label_name", "profile_score", "effective_share")
    columns = {name: results[name].take(row) for name in names}
    parts = dict(zip(("condition", "share", "effect"), bins.flatten().flatten(), strict=True))
    return csv_bytes(pa.table({**columns, "feature": features.take(line), **parts}))


def weights_csv(results: pa.Table) -> bytes:
    """Return results (of the result's schema) as CSV: one line per weight, and one for a row without weights."""
    return csv_bytes(weight_lines(results))


def csv_bytes(table: pa.Table) -> bytes:
    """Return a table as CSV in which no text is a formula."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table[field.name]
            for formula in FORMULAS:
                texts = pc.replace_substring_regex(texts, formula, GUARDED)
            table = table.set_column(index, field.name, texts)
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(table, buffer)
    return buffer.getvalue()
