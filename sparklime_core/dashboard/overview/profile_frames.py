"""A feature's profile over many rows: its mean, its spread, and the rows that differ; without Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def profile_lines(results: Sequence[Mapping[str, Any]], row_ids: Sequence[int], feature: str) -> pd.DataFrame:
    """Return a line for each row and each bin of a feature: ``row_id``, ``text``, ``share`` and ``effect``.

    Parameters
    ----------
    results
        Of the result's schema with profiles, one a row.
    row_ids
        The rows.
    feature
        Its name.
    """
    lines = [
        (row_id, bin_["condition"], bin_["share"], bin_["effect"])
        for row_id, result in zip(row_ids, results, strict=True)
        for profile in result.get("profiles") or ()
        if profile["feature"] == feature
        for bin_ in profile["bins"]
    ]
    frame = pd.DataFrame(lines, columns=["row_id", "text", "share", "effect"])
    return frame.astype({"share": "float64", "effect": "float64"})


def mean_profile(lines: pd.DataFrame, averages: Mapping[str, float]) -> pd.DataFrame:
    """Return the mean profile of the rows, a line for each bin in their order, for `mean_profile_chart`.

    Parameters
    ----------
    lines
        From `profile_lines`.
    averages
        Partial dependence by the bin's condition, where it is known.
    """
    bins = lines.groupby("text", sort=False).agg(
        effect=("effect", "mean"), spread=("effect", "std"), share=("share", "mean"), rows=("row_id", "nunique")
    )
    bins = bins.dropna(subset=["effect"]).fillna({"spread": 0.0}).reset_index()
    bins.insert(0, "order", range(len(bins)))
    bins["low"], bins["high"] = bins["effect"] - bins["spread"], bins["effect"] + bins["spread"]
    bins["average"] = bins["text"].map(averages).astype("float64")
    bins["shown"] = [f"{effect:+.3g}" for effect in bins["effect"]]
    return bins


def unlike_rows(lines: pd.DataFrame, bins: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Return the rows whose profile is farthest from the mean one: ``row_id``, ``distance`` and ``text``.

    The distance is the root mean square difference of effects, weighted by the row's shares; ``text`` is the bin
    that differs most.
    """
    beside = lines.merge(bins[["text", "effect"]], on="text", suffixes=("", "_mean"))
    beside["off"] = beside["share"] * (beside["effect"] - beside["effect_mean"]) ** 2
    by_row = beside.groupby("row_id")["off"].sum()
    most = beside.loc[beside.groupby("row_id")["off"].idxmax().dropna(), ["row_id", "text"]].set_index("row_id")[
        "text"
    ]
    found = pd.DataFrame({"distance": np.sqrt(by_row), "text": most}).reset_index()
    return found.sort_values(["distance", "row_id"], ascending=[False, True]).head(limit).reset_index(drop=True)
