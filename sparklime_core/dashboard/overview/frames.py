"""Frames of all rows for the charts, from totals, samples and profiles; no Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sparklime_core.charts.overview import MORE
from sparklime_core.charts.weights import weight_text
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.explain.types import FloatArray
from sparklime_core.runs.query.weights import RowSample, Totals
from sparklime_core.runs.weight_statistics import Groups

POINTS = 6000
"""About how many points a swarm may have: the browser draws each of them."""

HEAT_ROWS = 300
"""The most rows of a heat map; with more, a row is thinner than a pixel."""

BINS = 90
"""Points whose weights fall into the same of so many parts of the axis are put side by side."""

_ROOMY = 6


def ranking(totals: Totals, names: Sequence[str]) -> list[int]:
    """Return the positions of the features that any row names, strongest first."""
    named = np.flatnonzero(totals.named > 0)
    return sorted((int(at) for at in named), key=lambda at: (-totals.strength[at], names[at]))


def means_frame(totals: Totals, names: Sequence[str], shown: Sequence[int]) -> pd.DataFrame:
    """Return the features of these positions for `sparklime_core.charts.overview.means_chart`."""
    at, rows = np.array(shown, dtype=np.int64), max(totals.rows, 1)
    return pd.DataFrame(
        {
            "order": range(len(at)),
            "feature": [names[place] for place in at],
            "up": totals.positive[at] / rows,
            "down": totals.negative[at] / rows,
            "mean": totals.mean[at],
            "strength": totals.strength[at],
            "shown": [_reach(totals, place) for place in at],
            "raising": totals.raising[at] / np.maximum(totals.named[at], 1),
            "named": totals.named[at] / rows,
        }
    )


def swarm_frame(sample: RowSample, features: Sequence[Feature], shown: Sequence[int]) -> pd.DataFrame:
    """Return the points of the features of these positions for `sparklime_core.charts.scatter.swarm_chart`."""
    rows = swarm_rows(sample, len(shown))
    largest = np.nanmax(np.abs(sample.weights), initial=0.0)
    frames = [
        _points(sample, features[at], at, rows).assign(lane=lane, rank=_ranks(sample, features[at], at, rows))
        for lane, at in enumerate(shown)
    ]
    points = pd.concat(frames, ignore_index=True).dropna(subset=["weight"]).reset_index(drop=True)
    part = np.round((points["weight"].to_numpy() / (largest or 1.0) + 1) / 2 * BINS).astype(np.int64)
    return points.assign(offset=dodge(points["lane"].to_numpy() * (BINS + 1) + part))


def swarm_rows(sample: RowSample, lanes: int) -> int:
    """Return how many rows of a sample a swarm with this number of lanes shows."""
    return min(len(sample), max(POINTS // max(lanes, 1), 1))


def dependence_frame(sample: RowSample, feature: Feature, at: int) -> pd.DataFrame:
    """Return the points of one feature for `sparklime_core.charts.scatter.dependence_chart`.

    A missing value is no number, and has no place on the axis of numbers: its ``number`` is NaN.
    """
    points = _points(sample, feature, at, len(sample))
    values = sample.values[:, at]
    gaps = np.isnan(values) | (values == feature.missing if feature.missing is not None else False)
    points["number"] = np.where(gaps, np.nan, values)
    points["code"] = values
    points = points.dropna(subset=["weight"]).reset_index(drop=True)
    _, part = np.unique(points[["code", "weight"]].round(4).to_numpy(), axis=0, return_inverse=True)
    return points.assign(offset=dodge(part.ravel()))


def heat_frame(
    sample: RowSample, groups: Groups, features: Sequence[Feature], shown: Sequence[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells and the groups for `sparklime_core.charts.overview.heat_map`."""
    order = groups.order[groups.order < HEAT_ROWS]
    group = groups.group[order]
    gap = max(len(order) / 80, 0.05)
    tops = np.arange(len(order)) + gap * group
    cells = [
        _points(sample, features[at], at, len(sample))
        .iloc[order]
        .assign(top=tops, bottom=tops + 1, group=[group_name(number) for number in group])
        for at in shown
    ]
    frame = pd.concat(cells, ignore_index=True).dropna(subset=["weight"])
    frame["strength"] = frame["weight"].abs()
    frame["side"] = np.where(frame["weight"] >= 0, "for", "against")
    ends = pd.DataFrame({"number": group, "top": tops}).groupby("number")["top"].agg(["min", "max"]).reset_index()
    bands = pd.DataFrame(
        {
            "name": [group_name(number) for number in ends["number"]],
            "middle": (ends["min"] + ends["max"] + 1) / 2,
            "bottom": ends["max"] + 1,
        }
    )
    return frame.reset_index(drop=True), bands


def group_name(number: int) -> str:
    """Return "A" for the first group, "B" for the second."""
    return chr(ord("A") + int(number))


def group_reasons(
    sample: RowSample, members: npt.NDArray[np.bool_], names: Sequence[str], most: int = 3
) -> list[tuple[str, float]]:
    """Return the features with the largest mean weights among rows, and these weights."""
    means = [float(mean) for mean in sample.filled[members].mean(axis=0)]
    named = [at for at, mean in enumerate(means) if mean]
    strongest = sorted(named, key=lambda at: (-abs(means[at]), names[at]))[:most]
    return [(names[at], means[at]) for at in strongest]


def difference_frame(differences: pd.DataFrame, shown: int) -> pd.DataFrame:
    """Return the first `shown` lines of `sparklime_core.runs.weight_statistics.differences` for its chart."""
    frame = differences.head(shown).copy()
    frame.insert(0, "order", range(len(frame)))
    frame["shown"] = [weight_text(value) for value in frame["difference"]]
    sides = np.where(frame["difference"] >= 0, MORE[0], MORE[1])
    frame["kind"] = np.where(frame["clear"] | frame["low"].isna(), sides, MORE[2])
    return frame


def dodge(part: npt.NDArray[np.int64]) -> FloatArray:
    """Return where (n,) points go, -1 to 1, so that those of one part lie side by side around its middle.

    Within a part the points alternate between the two sides, in their order: the same points always lie the same.
    """
    order = np.argsort(part, kind="stable")
    _, starts, counts = np.unique(part[order], return_index=True, return_counts=True)
    turn = np.empty(len(part), dtype=np.int64)
    turn[order] = np.arange(len(part)) - np.repeat(starts, counts)
    steps = (turn + 1) // 2
    spread: FloatArray = np.where(turn % 2, steps, -steps) / max(int(steps.max(initial=0)), _ROOMY)
    return spread


def _points(sample: RowSample, feature: Feature, at: int, rows: int) -> pd.DataFrame:
    values = sample.values[:rows, at]
    return pd.DataFrame(
        {
            "row_id": sample.rows["row_id"].to_numpy()[:rows],
            "feature": feature.name,
            "weight": sample.weights[:rows, at],
            "value": [feature.text(float(value)) for value in values],
        }
    )


def _ranks(sample: RowSample, feature: Feature, at: int, rows: int) -> FloatArray:
    """Return where each value lies among the feature's values, 0 to 1; NaN for categories and gaps."""
    if feature.categories is not None:
        return np.full(rows, np.nan)
    values = pd.Series(sample.values[:, at])
    if feature.missing is not None:
        values = values.mask(values == feature.missing)
    known = int(values.notna().sum())
    ranks = (values.rank() - 1) / max(known - 1, 1)
    return np.asarray(ranks, dtype=np.float64)[:rows]


def _reach(totals: Totals, at: int) -> str:
    named = totals.named[at] / max(totals.rows, 1)
    return f"{totals.strength[at]:.3g}" + ("" if named >= 0.995 else f" ({named:.0%})")


def profile_lines(results: Sequence[Mapping[str, Any]], row_ids: Sequence[int], feature: str) -> pd.DataFrame:
    """Return a line per row and bin of a feature: ``row_id``, ``text``, ``share`` and ``effect``.

    Parameters
    ----------
    results
        Of the result's schema with profiles, one per row.
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
    matched = lines.merge(bins[["text", "effect"]], on="text", suffixes=("", "_mean"))
    matched["off"] = matched["share"] * (matched["effect"] - matched["effect_mean"]) ** 2
    by_row = matched.groupby("row_id")["off"].sum()
    most = matched.loc[matched.groupby("row_id")["off"].idxmax().dropna(), ["row_id", "text"]].set_index("row_id")[
        "text"
    ]
    found = pd.DataFrame({"distance": np.sqrt(by_row), "text": most}).reset_index()
    return found.sort_values(["distance", "row_id"], ascending=[False, True]).head(limit).reset_index(drop=True)
