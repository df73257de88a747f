"""Two runs over one table compared row by row: which explanations changed most."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow.parquet as pq
from duckdb import ConstantExpression

from sparklime_core.atomic_files import (
    atomic_write,
    clear_unfinished,
    disk_errors_explained,
    make_folder,
    remove_file,
)
from sparklime_core.errors import RunError
from sparklime_core.explain.schema import RESULT_SCHEMA
from sparklime_core.paths import newest_folders
from sparklime_core.runs.manifest import Manifest, settings_values
from sparklime_core.runs.query.database import add_view, cursor, forget_damaged, frame
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import find_damage, literal, scan

_COLUMNS = {
    "row_id",
    "first_predicted",
    "second_predicted",
    "first_prediction",
    "second_prediction",
    "first_score",
    "second_score",
    "changed",
    "distance",
    "overlap",
}

TOP = 5
"""Features of an explanation whose overlap is counted."""

KEPT = 20
"""Comparisons that are kept on disk."""

CompareOrder = Literal["distance", "overlap", "row"]

_ORDERS: dict[CompareOrder, str] = {
    "distance": "distance DESC NULLS LAST",
    "overlap": "overlap NULLS LAST, distance DESC",
    "row": "row_id",
}

# The most probable label of each row in the first run is compared, with the same label of the second run if that
# has it. The predicted class is another one where two classes have one margin, which is negative.
_PAIRS = """
WITH first_best AS (
  SELECT row_id, best_label(label, prediction) AS label FROM first WHERE error IS NULL GROUP BY 1
),
second_best AS (
  SELECT row_id, best_label(label, prediction) AS label FROM second WHERE error IS NULL GROUP BY 1
),
wanted AS (
  SELECT row_id, f.label AS first_label, s.label AS second_label,
    CASE WHEN EXISTS (SELECT 1 FROM second WHERE second.row_id = f.row_id AND second.label = f.label)
      THEN f.label ELSE s.label END AS compared
  FROM first_best f JOIN second_best s USING (row_id)
), pairs AS (
  SELECT wanted.row_id, f.predicted AS first_predicted, f.prediction AS first_prediction, f.score AS first_score,
    best.predicted AS second_predicted, best.prediction AS second_prediction, s.score AS second_score,
    {changed} AS changed,
    f.explanation AS mine, list_transform(f.explanation, lambda e: e.feature) AS my_features,
    s.explanation AS theirs, list_transform(s.explanation, lambda e: e.feature) AS their_features,
    list_transform(s.explanation, lambda e: e.weight) AS their_weights
  FROM wanted
  JOIN first f ON f.row_id = wanted.row_id AND f.label = first_label
  JOIN second s ON s.row_id = wanted.row_id AND s.label = compared
  JOIN second best ON best.row_id = wanted.row_id AND best.label = second_label
), measured AS (
  SELECT row_id, first_predicted, second_predicted, first_prediction, second_prediction, first_score, second_score,
    changed,
    sqrt(
      coalesce(list_sum(list_transform(mine, lambda e:
        pow(e.weight - coalesce(their_weights[list_position(their_features, e.feature)], 0), 2))), 0)
      + coalesce(list_sum(list_transform(list_filter(theirs, lambda e: NOT list_contains(my_features, e.feature)),
        lambda e: pow(e.weight, 2))), 0)
    ) AS distance,
    len(list_intersect(my_features[1:{top}], their_features[1:{top}]))
      / nullif(len(list_distinct(list_concat(my_features[1:{top}], their_features[1:{top}]))), 0) AS overlap
  FROM pairs
)
SELECT * FROM measured
"""


@dataclass(frozen=True)
class Comparison:
    """Agreement of two runs over the rows that both have explained.

    Attributes
    ----------
    rows
        Rows that both have explained.
    changed
        Rows with different predicted classes; None in regression.
    mean_distance
        Mean Euclidean distance of the weights; 0 is the same.
    mean_overlap
        Mean share of the `TOP` strongest features that both name (Jaccard); 1 is all of them.
    first_score, second_score
        Mean local R² of each.
    """

    rows: int
    changed: int | None
    mean_distance: float
    mean_overlap: float
    first_score: float
    second_score: float


def check_comparable(first: Manifest, second: Manifest) -> None:
    """Raise `RunError` when two runs are not about the same output, table, target and features."""
    if first.explain.output != second.explain.output:
        outputs = f"{first.explain.output} and {second.explain.output}"
        raise RunError(f"The two runs cannot be compared: they explain different outputs of the model, {outputs}.")
    for name, what in (("rows", "number of rows"), ("target", "target"), ("features", "features")):
        if getattr(first.data, name) != getattr(second.data, name):
            raise RunError(f"The two runs cannot be compared: their tables differ in the {what}.")
    if first.data.class_names != second.data.class_names:
        raise RunError("The two runs cannot be compared: their tables differ in the classes.")
    digests = {first.data.digest, second.data.digest}
    if None not in digests and len(digests) > 1:
        raise RunError("The two runs cannot be compared: they are about different files.")


def are_comparable(first: Manifest, second: Manifest) -> bool:
    """Return whether two runs are about the same output, table, target and features."""
    try:
        check_comparable(first, second)
    except RunError:
        return False
    return True


def comparison_file(first: Run, second: Run, folder: Path) -> Path:
    """Compare two runs row by row, once; return the Parquet file that `compare_rows` and `summarise` read.

    Parameters
    ----------
    first, second
        Comparable runs; see `check_comparable`.
    folder
        Folder of the newest `KEPT` such files. A file is made again when a run has more results.
    """
    path = folder / f"{first.id}--{second.id}--{first.version()}-{second.version()}.parquet"
    if path.exists() and find_damage(path) is None and set(pq.read_schema(path).names) == _COLUMNS:
        return path
    changed = "NULL::BOOLEAN" if first.facts.is_regression else "f.predicted <> best.predicted"
    sql = _PAIRS.format(changed=changed, top=TOP)
    with disk_errors_explained(folder):
        make_folder(folder)
        clear_unfinished(folder)
        for old in newest_folders(folder, "*.parquet")[KEPT - 1 :]:
            remove_file(old)
        with atomic_write(path) as unfinished:
            try:
                _write(first, second, sql, unfinished)
            except (duckdb.Error, FileNotFoundError):
                # One of the runs has ended meanwhile, which joins its parts, or it is damaged.
                forget_damaged([*first.explanation_files(), *second.explanation_files()])
                _write(first, second, sql, unfinished)
    return path


def forget_comparisons(run_id: str, folder: Path) -> None:
    """Delete the comparisons of a run, which hold its rows."""
    for path in folder.glob("*.parquet"):
        if run_id in path.stem.split("--")[:2]:
            remove_file(path)


def compare_rows(
    path: Path, *, order: CompareOrder = "distance", changed_only: bool = False, limit: int = 100, offset: int = 0
) -> pd.DataFrame:
    """Return a page of the rows that both runs have explained.

    Returns
    -------
    pandas.DataFrame
        ``row_id``, ``first_predicted``, ``second_predicted``, ``first_prediction``, ``second_prediction``,
        ``first_score``, ``second_score``, ``changed`` (the predicted class; None in regression), ``distance`` (of
        the weights, Euclidean, a feature that is not named having the weight 0) and ``overlap`` (Jaccard index of
        the `TOP` strongest features).
    """
    where = "WHERE changed" if changed_only else ""
    sql = f"SELECT * FROM measured {where} ORDER BY {_ORDERS[order]}, row_id LIMIT ? OFFSET ?"  # noqa: S608
    return _frame(path, sql, limit, offset)


def summarise(path: Path) -> Comparison:
    """Return the agreement of the two runs."""
    found = _frame(
        path,
        "SELECT count(*) AS rows, count(*) FILTER (changed) AS changed, count(changed) AS known, "
        "avg(distance) AS distance, avg(overlap) AS overlap, "
        "avg(first_score) AS first, avg(second_score) AS second FROM measured",
    ).iloc[0]
    return Comparison(
        int(found["rows"]),
        int(found["changed"]) if found["known"] else None,
        *(float(found[name]) for name in ("distance", "overlap", "first", "second")),
    )


def different_settings(first: Manifest, second: Manifest) -> pd.DataFrame:
    """Return the different settings of two runs: ``setting``, ``first``, ``second``, as texts."""
    mine, theirs = _settings(first), _settings(second)
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    lines = [(name, str(mine.get(name, "")), str(theirs.get(name, ""))) for name in names]
    return pd.DataFrame(lines, columns=["setting", "first", "second"])


def _settings(manifest: Manifest) -> dict[str, Any]:
    parts = {
        "": settings_values(manifest.explain),
        "explainer ": settings_values(manifest.explainer),
        "model ": settings_values(manifest.training),
    }
    found = {f"{part}{name}": value for part, values in parts.items() for name, value in values.items()}
    found |= {f"version of {name}": value for name, value in manifest.versions.items()}
    return {**found, "rows": manifest.selection, "master": manifest.master}


def _write(first: Run, second: Run, sql: str, path: Path) -> None:
    with cursor() as connection:
        for name, run in (("first", first), ("second", second)):
            add_view(connection, f"{name}_results", run.explanation_files(), RESULT_SCHEMA)
            predicted = f"SELECT *, {_class_sql(run)} AS predicted FROM {name}_results"  # noqa: S608 - ours
            connection.execute(f"CREATE TEMP VIEW {name} AS {predicted}")
        connection.sql(sql).write_parquet(str(path))


def _class_sql(run: Run) -> str:
    """Return the name of the class that a run's model predicts, as SQL of its results."""
    names = run.facts.class_names
    return "label_name" if names is None else f"({ConstantExpression(list(names))})[1 + {run.predicted.label_sql}]"


def _frame(path: Path, sql: str, *parameters: int) -> pd.DataFrame:
    with cursor() as connection:
        connection.execute(f"CREATE TEMP VIEW measured AS FROM {scan(str(ConstantExpression(literal(path))))}")
        return frame(connection.sql(sql, params=list(parameters)).to_arrow_table())
