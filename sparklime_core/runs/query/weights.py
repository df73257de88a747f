"""Weights of all rows that pass a filter: summed by feature, and those of a representative sample.

A weight is for or against a *label*. Sums over rows that were explained for different labels have no meaning, so
every question names its label: see `WeightLabel`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.explain.types import FloatArray
from sparklime_core.runs.filter.row_filter import RowFilter, limited
from sparklime_core.runs.filter.translations import where_sql
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.database import ask_results, frame
from sparklime_core.runs.query.rows import ask_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

SAMPLE_ROWS = 1000
"""The most rows of a sample: as many as lime's submodular pick explains."""


@dataclass(frozen=True)
class WeightLabel:
    """The label that weights are about.

    Attributes
    ----------
    label
        The class whose explanations are summed (0 in regression); None: each row's most probable class.
    mirrored
        Whether a row that was explained for the other of two classes counts with opposite signs. The two
        probabilities add to 1, so its surrogate is the mirror image.
    """

    label: int | None
    mirrored: bool = False


@dataclass(frozen=True)
class Totals:
    """Sums of weights by feature, over rows.

    Attributes
    ----------
    rows
        Number of summed rows.
    positive, negative
        (d,) sums of the weights above and below 0.
    squares
        (d,) sums of the squared weights.
    named, raising
        (d,) number of rows that name the feature; number of these with a weight above 0.
    """

    rows: int
    positive: FloatArray
    negative: FloatArray
    squares: FloatArray
    named: FloatArray
    raising: FloatArray

    @property
    def strength(self) -> FloatArray:
        """(d,) mean \\|weight\\|; a row whose explanation does not name the feature counts as 0."""
        return (self.positive - self.negative) / max(self.rows, 1)

    @property
    def mean(self) -> FloatArray:
        """(d,) mean weight, likewise."""
        return (self.positive + self.negative) / max(self.rows, 1)

    def variance(self, mean: FloatArray) -> FloatArray:
        """Return the (d,) sample variances of what has this mean (`strength` or `mean`); NaN for a single row."""
        if self.rows < 2:
            return np.full(len(mean), np.nan)
        spread: FloatArray = np.maximum(self.squares - self.rows * mean**2, 0.0) / (self.rows - 1)
        return spread

    def without(self, part: "Totals") -> "Totals":
        """Return the totals of the rows that are here and not in `part`, all of whose rows are here."""
        rows = self.rows - part.rows
        rest = {
            name: getattr(self, name) - getattr(part, name)
            for name in ("positive", "negative", "squares", "named", "raising")
        }
        named = rest["named"] > 0
        return Totals(rows, **{name: np.where(named, values, 0.0) for name, values in rest.items()})


def labels_explained(run: Run) -> pd.DataFrame:
    """Return the labels that have explanations: ``label``, ``name`` and ``rows``, most often explained first."""
    sql = (
        "SELECT label, any_value(label_name) AS name, count(*) AS rows FROM results "
        "WHERE error IS NULL AND label IS NOT NULL GROUP BY label ORDER BY rows DESC, label"
    )
    return frame(ask_results(run, sql))


def can_mirror(manifest: Manifest) -> bool:
    """Return whether each row was explained for one of two classes, so that weights can be mirrored."""
    classes = manifest.data.class_names
    return classes is not None and len(classes) == 2 and manifest.explain.labels == "predicted"


def weight_totals(run: Run, wanted: RowFilter, explained: WeightLabel) -> Totals:
    """Sum the weights of the rows that pass a filter, by feature in the table's order."""
    where, parameters, tables = chosen_results(run, wanted, explained)
    sign = sign_sql(explained)
    sums = (
        f"WITH entries AS (SELECT {sign} AS sign, unnest(explanation) AS entry FROM results {where}), "  # noqa: S608 - names of columns; values are parameters
        "weights AS (SELECT entry.feature AS feature, sign * entry.weight AS weight FROM entries) "
        "SELECT feature, sum(greatest(weight, 0)) AS positive, sum(least(weight, 0)) AS negative, "
        "sum(weight * weight) AS squares, count(*) AS named, count(*) FILTER (weight > 0) AS raising "
        "FROM weights GROUP BY feature"
    )
    found = frame(ask_results(run, sums, parameters, **tables))
    counted = f"SELECT count(*) AS rows FROM results {where}"  # noqa: S608
    rows = ask_results(run, counted, parameters, **tables)["rows"][0].as_py()
    by_feature = found.set_index("feature").reindex(list(run.facts.features)).fillna(0.0)
    columns = ("positive", "negative", "squares", "named", "raising")
    return Totals(int(rows), **{name: by_feature[name].to_numpy(np.float64) for name in columns})


def chosen_results(
    run: Run, wanted: RowFilter, explained: WeightLabel
) -> tuple[str, list[Any], dict[str, pa.Table]]:
    """Return the SQL of the results that a question is about.

    Returns
    -------
    tuple
        The SQL after ``FROM results``; its parameters; the tables that it names.
    """
    clauses, parameters = ["error IS NULL"], list[Any]()
    if explained.label is not None and not explained.mirrored:
        clauses.append("label = ?")
        parameters.append(explained.label)
    where = f"WHERE {' AND '.join(clauses)}"
    if not limited(wanted) and explained.label is not None:
        return where, parameters, {}
    keys = "row_id, label" if explained.label is None else "row_id"
    passing = where_sql(run, wanted)
    kept = ask_rows(run, f"SELECT {keys} FROM rows {passing}", [])  # noqa: S608 - as above
    return f"SEMI JOIN kept USING ({keys}) {where}", parameters, {"kept": kept}


def sign_sql(explained: WeightLabel) -> str:
    """Return the SQL of the sign of a result's weights."""
    if not explained.mirrored or explained.label is None:
        return "1"
    return f"CASE WHEN label = {int(explained.label)} THEN 1 ELSE -1 END"


def row_quantile(
    run: Run, wanted: RowFilter, column: Literal["prediction", "distance"], share: float
) -> float | None:
    """Return a quantile of the rows that pass a filter; None without any row."""
    where = where_sql(run, wanted)
    sql = f"SELECT quantile_disc({column}, {float(share)}) AS value FROM rows {where}"  # noqa: S608 - as above
    found = ask_rows(run, sql, [])["value"][0].as_py()
    return None if found is None else float(found)


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
        `sparklime_core.runs.weight_statistics.submodular_pick`.
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


def sample_rows(run: Run, wanted: RowFilter, explained: WeightLabel, *, limit: int = SAMPLE_ROWS) -> RowSample:
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
