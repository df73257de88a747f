"""From what the splits of trees pull each bin by to the bins' effects, compiled by numba.

The same bits as `expectations.describe_numpy`: bins are added up one after the other.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.cache import compiled


@njit(forceinline=True)
def _centre(frequency, rho, code, pulls, mass, centre):  # type: ignore[no-untyped-def]
    """Fill the mass of a feature's bins around each row, and the mean of their pulls (bins, rows)."""
    mass[:], centre[:] = 0.0, 0.0
    for at in range(len(frequency)):
        drawn, shifted = frequency[at], rho * frequency[at]
        for lane in range(len(mass)):
            weight = drawn if code[lane] == at else shifted
            mass[lane] += weight
            centre[lane] += weight * pulls[at, lane]
    for lane in range(len(mass)):
        mass[lane] = mass[lane] if mass[lane] > 0.0 else 1.0
        centre[lane] /= mass[lane]


@njit(forceinline=True)
def _measure(frequency, rho, code, pulls, centre, own, spread):  # type: ignore[no-untyped-def]
    """Turn pulls into effects; fill that of each row's own bin, and the sum of the squares."""
    spread[:] = 0.0
    for at in range(len(frequency)):
        drawn, shifted = frequency[at], rho * frequency[at]
        for lane in range(len(centre)):
            effect, is_own = pulls[at, lane] - centre[lane], code[lane] == at
            spread[lane] += (drawn if is_own else shifted) * (effect * effect)
            own[lane] = effect if is_own else own[lane]
            pulls[at, lane] = effect


def fill_effects(  # type: ignore[no-untyped-def]
    frequency, starts, rho, codes, pair, total, sums, mean, own, additive, effects
):
    """Fill what is asked of each pair; see `expectations.Found`."""
    mass, centre, spread, mine = np.zeros((4, codes.shape[2]))
    for strip in range(len(pair)):
        for turn in range(pair.shape[1]):
            pulls, pairs = sums[strip, turn], pair[strip, turn]
            lanes = np.flatnonzero(pairs >= 0)
            for feature in range(len(starts) - 1):
                here = slice(starts[feature], starts[feature + 1])
                code = codes[strip, feature]
                _centre(frequency[here], rho, code, pulls[here], mass, centre)
                _measure(frequency[here], rho, code, pulls[here], centre, mine, spread)
                for lane in lanes:
                    own[pairs[lane], feature], additive[pairs[lane], feature] = (
                        mine[lane],
                        spread[lane] / mass[lane],
                    )
            for lane in lanes:
                mean[pairs[lane]] = total[strip, turn, lane]
                if len(effects):
                    effects[pairs[lane]] = pulls[:, lane]


fill_effects = compiled(fill_effects)
