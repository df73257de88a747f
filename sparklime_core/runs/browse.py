"""Find rows of a run: filtered, sorted and paged by DuckDB over its Parquet, never loaded whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from sparklime_core.explain.schema import RESULT_SCHEMA
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.queries import query
from sparklime_core.runs.run import Run

Outcome = Literal["all", "right", "wrong", "failed"]
Order = Literal["row", "probability", "score", "error", "weight"]

_ROWS = """
WITH ranked AS (
  SELECT * FROM results
  QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY prediction DESC NULLS LAST, label) = 1
), rows AS (
  SELECT ranked.*, ranked.error AS failure, ranked.explanation[1].feature AS top_feature,
    ranked.explanation[1].feature_explanation AS top_reason,
    table_rows.target AS target, table_rows.test AS test, {features}
    {wrong} AS wrong, {distance} AS distance
  FROM ranked JOIN (SELECT *, file_row_number AS position FROM read_parquet(?, file_row_number = true)) table_rows
    ON table_rows.position = ranked.row_id
)
"""


@dataclass(frozen=True)
class RowFilter:
    """Which explained rows to list, and in what order.

    Attributes
    ----------
    outcome
        ``"right"`` or ``"wrong"`` predictions (classification), rows that ``"failed"``, or ``"all"``.
    label
        Only rows of this predicted class.
    test_only
        Only rows that the model has not seen.
    least_score, most_score
        Range of the local R²; None: no limit.
    feature, low, high
        Only rows whose value of this feature (by its position) lies between the two.
    top_feature
        Only rows whose strongest reason is about this feature (by its name).
    order, descending
        What to sort by: row, probability (or predicted value), local R², error (how wrong the model is), or the
        weight of `top_feature` (of the strongest reason when there is none).
    """

    outcome: Outcome = "all"
    label: int | None = None
    test_only: bool = False
    least_score: float | None = None
    most_score: float | None = None
    feature: int | None = None
    low: float | None = None
    high: float | None = None
    top_feature: str | None = None
    order: Order = "row"
    descending: bool = False


def find_rows(run: Run, wanted: RowFilter, *, regression: bool, limit: int, offset: int = 0) -> pd.DataFrame:
    """Return a page of rows, one line each.

    Returns
    -------
    pandas.DataFrame
        ``row_id``, ``label``, ``label_name``, ``prediction``, ``score``, ``target`` (class index, or value),
        ``test``, ``wrong`` (None in regression), ``distance`` (1 - probability of the true class where it is
        known, or \\|prediction - target\\|), ``top_reason``, ``error``. For a row with several explained labels
        it is the most probable one that is listed.
    """
    where, parameters = _conditions(wanted)
    direction = "DESC" if wanted.descending else "ASC"
    sql = (
        f"{_source(wanted, regression)} SELECT row_id, label, label_name, prediction, score, target, test, wrong, "  # noqa: S608
        f"distance, top_reason, failure AS error FROM rows {where} "
        f"ORDER BY {_ORDERS[wanted.order]} {direction} NULLS LAST, row_id LIMIT ? OFFSET ?"
    )
    return _frame(run, sql, [*parameters, limit, offset])


def count_found(run: Run, wanted: RowFilter, *, regression: bool) -> int:
    """Return how many rows a filter lets through."""
    where, parameters = _conditions(wanted)
    sql = f"{_source(wanted, regression)} SELECT count(*) AS rows FROM rows {where}"  # noqa: S608
    return int(_frame(run, sql, parameters)["rows"][0])


def filtered(run: Run, wanted: RowFilter, *, regression: bool) -> pa.Table:
    """Return the results (of the result's schema) of the rows that a filter lets through, in row order."""
    where, parameters = _conditions(wanted)
    sql = (
        f"{_source(wanted, regression)} SELECT results.* FROM results SEMI JOIN (SELECT row_id FROM rows {where}) "  # noqa: S608
        "USING (row_id) ORDER BY row_id, label"
    )
    found = query(run.explanation_files, RESULT_SCHEMA, sql, [str(run.folder / DATA_FILE), *parameters])
    return found.cast(RESULT_SCHEMA)


def mean_weights(run: Run, wanted: RowFilter, *, regression: bool, limit: int) -> pd.DataFrame:
    """Return the features, strongest first.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``mean_weight`` (mean \\|weight\\| over the rows that the filter lets through, 0 where an
        explanation does not name the feature) and ``rows`` (that name it).
    """
    where, parameters = _conditions(wanted)
    sql = (
        f"{_source(wanted, regression)}, kept AS (SELECT explanation FROM rows {where}), "  # noqa: S608
        "entries AS (SELECT unnest(explanation) AS entry FROM kept) "
        "SELECT entry.feature AS feature, sum(abs(entry.weight)) / (SELECT count(*) FROM kept) AS mean_weight, "
        "count(*) AS rows FROM entries GROUP BY 1 ORDER BY mean_weight DESC, feature LIMIT ?"
    )
    return _frame(run, sql, [*parameters, limit])


def shared_scale(run: Run, top: int) -> float:
    """Return the largest bar of any row of a run, the rest after the strongest `top` taken together."""
    sql = (
        "SELECT max(greatest(list_max(list_transform(explanation, lambda e: abs(e.weight))), "
        "abs(coalesce(list_sum(list_transform(explanation[? + 1:], lambda e: e.weight)), 0)))) AS largest "
        "FROM results"
    )
    largest = _frame(run, sql, [top], data=False)["largest"][0]
    return float(largest) if pd.notna(largest) else 0.0


_ORDERS: dict[Order, str] = {
    "row": "row_id",
    "probability": "prediction",
    "score": "score",
    "error": "distance",
    "weight": "abs(explanation[1].weight)",
}


def _source(wanted: RowFilter, regression: bool) -> str:
    features = "" if wanted.feature is None else f"table_rows.f{int(wanted.feature)} AS value,"
    if regression:
        return _ROWS.format(features=features, wrong="NULL", distance="abs(ranked.prediction - table_rows.target)")
    wrong = "ranked.label <> table_rows.target"
    distance = f"CASE WHEN {wrong} THEN ranked.prediction ELSE 1 - ranked.prediction END"
    return _ROWS.format(features=features, wrong=wrong, distance=distance)


def _conditions(wanted: RowFilter) -> tuple[str, list[Any]]:
    outcome = {"all": "", "right": "NOT wrong", "wrong": "wrong", "failed": "failure IS NOT NULL"}[wanted.outcome]
    candidates: list[tuple[str, Any]] = [
        ("label = ?", wanted.label),
        ("score >= ?", wanted.least_score),
        ("score <= ?", wanted.most_score),
        ("top_feature = ?", wanted.top_feature),
    ]
    if wanted.feature is not None:
        candidates += [("value >= ?", wanted.low), ("value <= ?", wanted.high)]
    used = [(sql, value) for sql, value in candidates if value is not None]
    clauses = [sql for sql, _ in used]
    clauses += [outcome] if outcome else []
    clauses += ["test"] if wanted.test_only else []
    where = "WHERE " + " AND ".join(clauses) if clauses else ""
    return where, [value for _, value in used]


def _frame(run: Run, sql: str, parameters: Sequence[Any], *, data: bool = True) -> pd.DataFrame:
    paths = [str(run.folder / DATA_FILE)] if data else []
    frame: pd.DataFrame = query(run.explanation_files, RESULT_SCHEMA, sql, [*paths, *parameters]).to_pandas()
    return frame
