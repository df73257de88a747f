"""A representative sample of a run's explained rows, always the same, with weights and values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.query.database import ask_results, frame
from sparklime_core.runs.query.rows import ask_rows
from sparklime_core.runs.query.weight_totals import Explained, FloatArray, chosen_results, sign_sql
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

SAMPLE_ROWS = 1000
"""The most rows of a sample: as many as lime's submodular pick explains."""


@dataclass(frozen=True)
class RowSample:
    """Explained rows with their weights and values.

    Attributes
    ----------
    rows
        One line per row, in a fixed random order: ``row_id``, ``label``, ``prediction`` and
        ``score`` of the explanation, and ``wrong`` (whether the prediction is; None where that is unknown, and in
        regression).
    weights
        (n, d) weight of each feature; NaN where the explanation does not name it.
    values
        (n, d) encoded value of each feature.
    conditions
        (n, c) weight of each condition in any of the explanations, 0 where it is not named; the input of
        `sparklime_core.runs.submodular_pick.submodular_pick`.
    texts
        Lime's text of each condition.
    """

    rows: pd.DataFrame
    weights: FloatArray
    values: FloatArray
    conditions: FloatArray
    texts: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def filled(self) -> FloatArray:
        """(n, d) the weights, 0 where a feature is not named."""
        return np.nan_to_num(self.weights)


def sample_rows(run: Run, wanted: RowFilter, explained: Explained, *, limit: int = SAMPLE_ROWS) -> RowSample:
    """Return all explained rows that pass a filter, or `limit` of them by a hash of their number."""
    where, parameters, tables = chosen_results(run, wanted, explained)
    sql = (
        f"SELECT row_id, label, prediction, score, {sign_sql(explained)} AS sign, explanation "  # noqa: S608 - names of columns; values are parameters
        f"FROM results {where} ORDER BY hash(row_id), row_id LIMIT ?"
    )
    found = ask_results(run, sql, [*parameters, limit], **tables)
    names = run.facts.features
    features, texts, row, weight = _entries(found)
    known = pc.index_in(features, value_set=pa.array(names, pa.string())).to_numpy(zero_copy_only=False)
    weights = np.full((len(found), len(names)), np.nan)
    weights[row, known.astype(np.int64)] = weight
    encoded = texts.dictionary_encode()
    conditions = np.zeros((len(found), len(encoded.dictionary)))
    np.add.at(conditions, (row, encoded.indices.to_numpy(zero_copy_only=False)), weight)
    ids = pa.table({"row_id": found["row_id"], "place": pa.array(np.arange(len(found)))})
    return RowSample(
        _facts(run, found, ids),
        weights,
        _values(run, ids, len(names)),
        conditions,
        tuple(encoded.dictionary.to_pylist()),
    )


def _entries(found: pa.Table) -> tuple[pa.Array, pa.Array, Any, FloatArray]:
    """Return the entries of all explanations in one list: feature, text, row and signed weight."""
    entries = found["explanation"].combine_chunks()
    lengths = np.asarray(pc.fill_null(pc.list_value_length(entries), 0), dtype=np.int64)
    row = np.repeat(np.arange(len(found)), lengths)
    features, texts, weights = entries.flatten().flatten()
    sign = found["sign"].to_numpy()
    return features, texts, row, weights.to_numpy(zero_copy_only=False) * sign[row]


def _facts(run: Run, found: pa.Table, ids: pa.Table) -> pd.DataFrame:
    sql = "SELECT wrong FROM rows JOIN ids USING (row_id) ORDER BY place"
    wrong = ask_rows(run, sql, [], ids=ids)["wrong"]
    facts = frame(found.select(["row_id", "label", "prediction", "score"]))
    return facts.assign(wrong=pd.array(wrong.to_pylist(), dtype="boolean"))


def _values(run: Run, ids: pa.Table, width: int) -> FloatArray:
    columns = ", ".join(f"f{feature}" for feature in range(width))
    sql = (
        f"SELECT {columns} FROM {scan(positions=True)} AS given "  # noqa: S608 - names of columns
        "JOIN ids ON given.file_row_number = ids.row_id ORDER BY place"
    )
    table = ask_results(run, sql, [literal(run.folder / DATA_FILE)], ids=ids)
    return np.column_stack([table[name].to_numpy() for name in table.column_names]).astype(np.float64)
