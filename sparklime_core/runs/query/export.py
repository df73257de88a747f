"""A run's explanations as files to take away."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from sparklime_core.errors import RunError
from sparklime_core.explain.weight_lines import weight_lines
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.reason_codes import REASONS, reason_codes
from sparklime_core.runs.query.rows import filtered
from sparklime_core.runs.run import Run

_BLANK = r"[\s\p{Z}\p{C}]*"
_BEGINS = r"[=+\-@＝＋－＠]"
FORMULAS = (rf"([;|\t\r\n]{_BLANK})({_BEGINS})", rf"^()({_BLANK}{_BEGINS}|[\t\r\n])")
"""Beginnings of formulas (OWASP, "CSV injection"): after a character that may end a cell, like the semicolon in
many countries, and at the start of a text."""

GUARDED = r"\1'\2"
"""The same with an apostrophe, which begins a text in a spreadsheet."""


def explanations_parquet(run: Run, wanted: RowFilter) -> bytes:
    """Return the results of the rows that pass a filter, in the result's schema, as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(filtered(run, wanted), buffer)
    return buffer.getvalue()


def explanations_csv(run: Run, wanted: RowFilter) -> bytes:
    """Return the same as a CSV file with one line per weight, safe to open in a spreadsheet."""
    return weights_csv(filtered(run, wanted))


def reasons_csv(run: Run, wanted: RowFilter, *, reasons: int = REASONS) -> bytes:
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
