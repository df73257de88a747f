"""Weights of all rows that pass a filter, summed by feature.

A weight is for or against a *label*. Sums over rows that were explained for different labels have no meaning, so
every question names its label: see `Explained`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from sparklime_core.runs.filter.row_filter import RowFilter, limited
from sparklime_core.runs.filter.sql import where_sql
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.database import ask_results, frame
from sparklime_core.runs.query.rows import ask_rows
from sparklime_core.runs.run import Run

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Explained:
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


def weight_totals(run: Run, wanted: RowFilter, explained: Explained) -> Totals:
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
    run: Run, wanted: RowFilter, explained: Explained
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


def sign_sql(explained: Explained) -> str:
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
