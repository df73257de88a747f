"""A few rows that show most of the model's reasons: lime's submodular pick, over stored explanations."""

from dataclasses import dataclass

import numpy as np

from sparklime_core.runs.query.weight_totals import FloatArray


@dataclass(frozen=True)
class Pick:
    """The picked rows.

    Attributes
    ----------
    places
        Their positions among the explanations, in the order of picking.
    coverage
        After each of them, the share of all importance that is covered, 0 to 1.
    """

    places: tuple[int, ...]
    coverage: tuple[float, ...]


def submodular_pick(weights: FloatArray, budget: int) -> Pick:
    """Pick rows greedily so that their explanations cover the important conditions (SP-LIME).

    The importance of a condition is the square root of its summed \\|weight\\|; a set of rows covers the
    conditions that at least one of them names; each step adds the row that covers most, of equals the last, as
    ``lime.submodular_pick.SubmodularPick`` does. Unlike lime it ends when nothing is left to cover: further
    rows would be arbitrary. Ribeiro, Singh, Guestrin (2016), "Why Should I Trust You?", algorithm 2.

    Parameters
    ----------
    weights
        (n, c) the weight of each condition in each row's explanation, 0 where it is not named.
    budget
        The most rows to pick.
    """
    named = weights != 0
    importance = np.sqrt(np.abs(weights).sum(axis=0))
    total = float(importance.sum())
    open_ = importance.copy()
    places: list[int] = []
    coverage: list[float] = []
    while len(places) < min(budget, len(weights)) and open_.any():
        # Summed along each row, so that rows which cover the same are equal to the last bit.
        gains = np.where(named, open_, 0.0).sum(axis=1)
        best = len(gains) - 1 - int(np.argmax(gains[::-1]))
        places.append(best)
        open_[named[best]] = 0.0
        coverage.append(1.0 - float(open_.sum()) / total)
    return Pick(tuple(places), tuple(coverage))
