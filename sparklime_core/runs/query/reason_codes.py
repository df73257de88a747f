"""Reason codes: one line per row with the prediction, the fit of the surrogate, and the reasons in words."""

import duckdb
import pyarrow as pa

from sparklime_core.errors import SettingsError
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

REASONS = 3
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


def reason_codes(run: Run, results: pa.Table, *, reasons: int = REASONS) -> pa.Table:
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
