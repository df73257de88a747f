"""What a report says of all rows of a run, asked of DuckDB over the run's Parquet."""

from typing import Any

import pandas as pd

from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.query.database import ask_results, frame
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

MOST_FEATURES = 20
BINS = 20


def mean_weights(run: Run) -> pd.DataFrame:
    """Return the strongest features: ``feature``, ``mean_weight`` (mean \\|weight\\|) and ``rows`` that name it.

    The mean is over all explained (row, label) pairs; a feature that an explanation does not name counts as 0.
    """
    return _frame(
        run,
        "WITH entries AS (SELECT unnest(explanation) AS entry FROM results WHERE error IS NULL) "
        "SELECT entry.feature AS feature, sum(abs(entry.weight)) / "
        "(SELECT count(*) FROM results WHERE error IS NULL) AS mean_weight, count(*) AS rows "
        "FROM entries GROUP BY 1 ORDER BY mean_weight DESC, feature LIMIT ?",
        MOST_FEATURES,
    )


FIT = "coalesce(profile_score, score)"
"""What the fit of an explanation is judged by; runs made before have no profile score."""


def fit_bins(run: Run) -> pd.DataFrame:
    """Return how many explanations have which fit: ``low``, ``high`` and ``rows``, from 0 to 1."""
    counted = _frame(
        run,
        f"SELECT least(greatest(floor({FIT} * ?), 0), ? - 1)::INTEGER AS bin, count(*) AS rows FROM results "  # noqa: S608
        "WHERE score IS NOT NULL GROUP BY 1",
        BINS,
        BINS,
    )
    rows = counted.set_index("bin")["rows"].reindex(range(BINS), fill_value=0)
    return pd.DataFrame(
        {
            "low": [at / BINS for at in range(BINS)],
            "high": [(at + 1) / BINS for at in range(BINS)],
            "rows": list(rows),
        }
    )


def fit_shares(run: Run, good: float, fair: float) -> tuple[float, float, float]:
    """Return the shares of explanations with a good, a fair and a weaker fit."""
    found = _frame(
        run,
        f"SELECT avg(({FIT} >= ?)::INTEGER) AS good, avg(({FIT} >= ? AND {FIT} < ?)::INTEGER) AS fair "  # noqa: S608
        "FROM results WHERE score IS NOT NULL",
        good,
        fair,
        good,
    ).iloc[0]
    if pd.isna(found["good"]):
        return 0.0, 0.0, 0.0
    return float(found["good"]), float(found["fair"]), 1.0 - float(found["good"]) - float(found["fair"])


def errors(run: Run, limit: int = 10) -> pd.DataFrame:
    """Return why rows could not be explained: ``error`` and ``rows``, most frequent first."""
    sql = (
        "SELECT error, count(DISTINCT row_id) AS rows FROM results WHERE error IS NOT NULL "
        "GROUP BY 1 ORDER BY rows DESC, error LIMIT ?"
    )
    return _frame(run, sql, limit)


def worst_rows(run: Run, limit: int) -> list[int]:
    """Return the rows that the model is most wrong about; where the truth is not known, the first rows."""
    distance = run.predicted.error_sql
    sql = (
        "WITH best AS (SELECT row_id, best_label(label, prediction) AS label, max(prediction) AS prediction "  # noqa: S608
        "FROM results WHERE error IS NULL GROUP BY 1) SELECT row_id FROM best JOIN (SELECT target, "
        f"file_row_number AS position FROM {scan(positions=True)}) kept ON kept.position = row_id "
        f"ORDER BY {distance} DESC NULLS LAST, row_id LIMIT ?"
    )
    return [int(row) for row in _frame(run, sql, literal(run.folder / DATA_FILE), limit)["row_id"]]


def _frame(run: Run, sql: str, *parameters: Any) -> pd.DataFrame:
    return frame(ask_results(run, sql, parameters))
