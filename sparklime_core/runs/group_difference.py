"""Differences between the weights of two groups of rows, with confidence intervals."""

from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from sparklime_core.runs.query.weight_totals import FloatArray, Totals

Measure = Literal["strength", "mean"]

CONFIDENCE = 0.95
"""Confidence level of the intervals."""


def differences(first: Totals, second: Totals, features: tuple[str, ...], measure: Measure) -> pd.DataFrame:
    """Compare two groups of rows, largest difference first.

    The interval is Welch's: it takes the rows of each group for a random sample of all such rows, and lets the
    groups differ in size and spread (Welch, 1947, "The generalization of Student's problem"). There is no interval
    where a group has a single row.

    Parameters
    ----------
    first, second
        The groups' totals; no row is in both.
    features
        Names of the features.
    measure
        ``"strength"`` compares the mean \\|weight\\|, ``"mean"`` the mean weight.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``first``, ``second``, ``difference`` (first minus second), ``low`` and ``high`` (the
        interval; NaN where there is none), ``clear`` (whether it leaves out 0), ``first_rows`` and
        ``second_rows`` (that name the feature). Features that no row of either group names are left out.
    """
    left: FloatArray = getattr(first, measure)
    right: FloatArray = getattr(second, measure)
    margin = _margin(first.variance(left), first.rows, second.variance(right), second.rows)
    difference = left - right
    frame = pd.DataFrame(
        {
            "feature": features,
            "first": left,
            "second": right,
            "difference": difference,
            "low": difference - margin,
            "high": difference + margin,
            "clear": np.abs(difference) > np.where(np.isnan(margin), np.inf, margin),
            "first_rows": first.named.astype(np.int64),
            "second_rows": second.named.astype(np.int64),
            "size": np.abs(difference),
        }
    )
    frame = frame[(frame["first_rows"] + frame["second_rows"]) > 0]
    ordered = frame.sort_values(["size", "feature"], ascending=[False, True], kind="stable")
    return ordered.drop(columns="size").reset_index(drop=True)


def _margin(first: FloatArray, first_rows: int, second: FloatArray, second_rows: int) -> FloatArray:
    """Return half the width of Welch's interval, from the groups' variances; NaN where it is unknown."""
    if min(first_rows, second_rows) < 2:
        return np.full(len(first), np.nan)
    one, two = first / first_rows, second / second_rows
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = (one + two) ** 2 / (one**2 / (first_rows - 1) + two**2 / (second_rows - 1))
    # No spread at all: the difference is what it is.
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, np.where(np.isfinite(freedom), freedom, 1.0))
    margin: FloatArray = quantile * np.sqrt(one + two)
    return margin
