"""Rows similar to a row: by their reasons, or by their values but with other reasons."""

from typing import Any

import pandas as pd

from sparklime_core.data.feature_encoding import Encoding, Feature
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.query.database import frame
from sparklime_core.runs.query.rows import LISTED, ask_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

NEIGHBOURS = 100
"""Rows nearest by their values, from which those with the most different reasons are taken."""

Line = dict[str, Any]


def same_reasons(run: Run, row_id: int, *, limit: int) -> pd.DataFrame:
    """Return the rows whose explanation of the same class is nearest to that of a row.

    Parameters
    ----------
    run, row_id
        An explained row of a run.
    limit
        The most rows to return.

    Returns
    -------
    pandas.DataFrame
        The columns of `find_rows`, and ``apart``: the Euclidean distance of the vectors of weights, 0 where an
        explanation does not name a feature. Empty where the row has no explanation.
    """
    own = _own_line(run, row_id)
    if own is None:
        return pd.DataFrame()
    apart, parameters = _apart(own, len(run.facts.features), "1")
    sql = (
        f"SELECT {LISTED}, {apart} AS apart FROM rows "  # noqa: S608 - names of columns; values are parameters
        "WHERE error IS NULL AND row_id <> ? AND label = ? ORDER BY apart, row_id LIMIT ?"
    )
    return frame(ask_rows(run, sql, [*parameters, row_id, own["label"], limit]))


def other_reasons(run: Run, row_id: int, *, limit: int) -> pd.DataFrame:
    """Return the rows with similar values whose explanations differ most from that of a row.

    Numbers are measured in standard deviations; different categories count 1, and so does a gap in one of the two
    rows. With two classes, a weight for one is a weight against the other, so the weights of a row of the other
    class change their signs; with more classes, only rows of the same predicted class are compared.

    Returns
    -------
    pandas.DataFrame
        As `same_reasons`, and ``far``: the distance by values.
    """
    own = _own_line(run, row_id)
    if own is None:
        return pd.DataFrame()
    encoding = run.encoding()
    data = literal(run.folder / DATA_FILE)
    far, values = _far(encoding, _own_values(run, row_id, encoding), _spreads(run, encoding))
    turned = "CASE WHEN label = ? THEN 1 ELSE -1 END"
    apart, weights = _apart(own, len(encoding.features), turned)
    two = encoding.class_names is None or len(encoding.class_names) <= 2
    explained = "error IS NULL AND row_id <> ?" + ("" if two else " AND label = ?")
    sql = (
        f", explained AS (SELECT row_id FROM rows WHERE {explained}), "  # noqa: S608 - as above
        f"distances AS (SELECT file_row_number AS row_id, {far} AS far "
        f"FROM {scan(positions=True)}), "
        "near AS (SELECT * FROM distances SEMI JOIN explained USING (row_id) ORDER BY far, row_id LIMIT ?) "
        f"SELECT {LISTED}, far, {apart} AS apart FROM near JOIN rows USING (row_id) "
        "ORDER BY apart DESC, row_id LIMIT ?"
    )
    rows = [row_id] if two else [row_id, own["label"]]
    turns = [value for weight in weights for value in (own["label"], weight)]
    return frame(ask_rows(run, sql, [*rows, *values, data, NEIGHBOURS, *turns, limit]))


def _own_line(run: Run, row_id: int) -> Line | None:
    sql = "SELECT * FROM rows WHERE row_id = ? AND error IS NULL"
    found: list[Line] = ask_rows(run, sql, [row_id]).to_pylist()
    return found[0] if found else None


def _own_values(run: Run, row_id: int, encoding: Encoding) -> list[float]:
    names = ", ".join(f"f{at}" for at in range(len(encoding.features)))
    sql = f"SELECT {names} FROM {scan(positions=True)} WHERE file_row_number = ?"  # noqa: S608
    line = ask_rows(run, sql, [literal(run.folder / DATA_FILE), row_id]).to_pylist()[0]
    return [float(value) for value in line.values()]


def _spreads(run: Run, encoding: Encoding) -> list[float]:
    """Return the standard deviation of each number, gaps aside; 1 for a category and for a constant."""
    numbers = [at for at, feature in enumerate(encoding.features) if feature.categories is None]
    if not numbers:
        return [1.0] * len(encoding.features)
    spreads = ", ".join(_spread(at, encoding.features[at]) for at in numbers)
    sql = f"SELECT {spreads} FROM {scan()}"  # noqa: S608 - names of columns, and numbers
    found = ask_rows(run, sql, [literal(run.folder / DATA_FILE)]).to_pylist()[0]
    return [found.get(f"s{at}") or 1.0 for at in range(len(encoding.features))]


def _spread(at: int, feature: Feature) -> str:
    known = f"isfinite(f{at})" + ("" if feature.missing is None else f" AND f{at} <> {feature.missing!r}")
    return f"stddev_pop(f{at}) FILTER ({known}) AS s{at}"


def _far(encoding: Encoding, own: list[float], spreads: list[float]) -> tuple[str, list[float]]:
    """Return the distance by values as SQL, and its parameters."""
    terms: list[str] = []
    parameters: list[float] = []
    for at, feature in enumerate(encoding.features):
        mismatch = f"CASE WHEN f{at} = ? THEN 0 ELSE 1 END"
        if feature.categories is not None or own[at] == feature.missing:
            terms.append(mismatch)
            parameters.append(own[at])
            continue
        squared = f"((f{at} - ?) / ?) ** 2"
        gap = "" if feature.missing is None else f"f{at} = {feature.missing!r} OR "
        terms.append(f"CASE WHEN {gap}NOT isfinite(f{at}) THEN 1 ELSE {squared} END")
        parameters += [own[at], spreads[at]]
    return f"sqrt({' + '.join(terms)})", parameters


def _apart(own: Line, features: int, turned: str) -> tuple[str, list[float]]:
    """Return the distance by weights as SQL, and its parameters; `turned` is the factor of the other weights."""
    terms = [f"(coalesce(w{at}, 0) * {turned} - ?) ** 2" for at in range(features)]
    return f"sqrt({' + '.join(terms)})", [float(own[f"w{at}"] or 0.0) for at in range(features)]
