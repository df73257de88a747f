"""A run's explanations as files to take away."""

import io
import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from sparklime_core.runs.browse import RowFilter, filtered
from sparklime_core.runs.run import Run

FORMULA = r"^\s*[=+\-@\t\r]"
"""How a text begins that a spreadsheet would run (OWASP, "CSV injection")."""


def explanations_parquet(run: Run, wanted: RowFilter, *, regression: bool) -> bytes:
    """Return the results of the rows that a filter lets through, in the result's schema, as a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(filtered(run, wanted, regression=regression), buffer)
    return buffer.getvalue()


def explanations_csv(run: Run, wanted: RowFilter, *, regression: bool) -> bytes:
    """Return the same as a CSV file with one line a weight, safe to open in a spreadsheet."""
    return weights_csv(filtered(run, wanted, regression=regression))


def weights_csv(results: pa.Table) -> bytes:
    """Return results (of the result's schema) as CSV: a line for each weight, or one for a row without any."""
    entries = results["explanation"].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(entries), 0)
    rows: list[int] = []
    places: list[int | None] = []
    flat = 0
    for row, length in enumerate(lengths.to_pylist()):
        rows.extend([row] * max(length, 1))
        places.extend(range(flat, flat + length) if length else [None])
        flat += length
    table = results.drop_columns(["explanation", "error"]).take(pa.array(rows, pa.int64()))
    parts = entries.flatten().take(pa.array(places, pa.int64())).flatten()
    for name, column in zip(("feature", "feature_explanation", "weight"), parts, strict=True):
        table = table.append_column(name, column)
    table = table.append_column("error", results["error"].take(pa.array(rows, pa.int64())))
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(_without_formulas(table), buffer)
    return buffer.getvalue()


def safe_cell(text: str) -> str:
    """Return a text that a spreadsheet shows instead of running it."""
    return f"'{text}" if re.match(FORMULA, text) else text


def _without_formulas(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = [None if text is None else safe_cell(text) for text in table[field.name].to_pylist()]
            table = table.set_column(index, field.name, pa.array(texts, pa.string()))
    return table
