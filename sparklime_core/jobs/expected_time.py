"""An estimate of a run's time: the engines' time per row, divided by the cores."""

from sparklime_core.explain.engines import ENGINES, MEDIUM_COLUMNS, MEDIUM_SAMPLES

USUAL_STABILITY_ROWS = 20_000
"""On about how many rows of a large table stability is measured, unless a person chooses otherwise."""

SETUP_SECONDS = 4.0
"""Seconds of every run: the engine is prepared, and the Python workers import lime and load the model."""


def usual_stability_rows(rows: int) -> int | None:
    """Return on how many of a table's rows stability is usually measured; None: on all of them."""
    return USUAL_STABILITY_ROWS if rows > 2 * USUAL_STABILITY_ROWS else None


def expected_seconds(
    engine: str,
    rows: int,
    cores: int,
    pools: int = 0,
    stability_rows: int | None = None,
    *,
    samples: int = MEDIUM_SAMPLES,
    columns: int = MEDIUM_COLUMNS,
) -> float:
    """Return about how many seconds explaining takes, without the start of Spark.

    Parameters
    ----------
    engine
        Its name in `ENGINES`.
    rows, cores
        How many rows are explained, on how many cores.
    pools, stability_rows
        From how many pools stability is measured, and on how many rows; None: on all of them.
    samples, columns
        How many samples a row has, and how many features.
    """
    measured = rows if stability_rows is None else min(rows, stability_rows)
    own, pool = (ENGINES[name].seconds_per_row(columns, samples) for name in (engine, "sampled"))
    work = rows * own + measured * pools * pool
    return SETUP_SECONDS + work / max(cores, 1)
