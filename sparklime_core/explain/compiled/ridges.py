"""`fill_ridges_numpy` and `fill_ridges_of_some_numpy` of the products, compiled by numba: the same bits.

Ridges of the same size take the same steps. Many are solved side by side, one a lane, which fills the processor's
vectors whatever the size. The lower half of a matrix receives the factors of the elimination.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.cache import compiled

LANES = 32
"""Ridges that are solved side by side: enough to pay for asking whether the arrays of a loop overlap."""

in_vectors = njit(forceinline=True, error_model="numpy")
"""Division by zero gives infinity, as it may in a lane without a ridge; numba would look for it in each number."""


@njit
def _assemble(values, left, right, alpha, lane, matrix):  # type: ignore[no-untyped-def]
    """Put the upper half of one matrix into its lane."""
    first, second, of_first, of_second = left[0], left[1], right[0], right[1]
    for i in range(len(values)):
        for j in range(i, len(values)):
            matrix[i, j, lane] = values[i, j] + first[i] * of_first[j] + second[i] * of_second[j]
        matrix[i, i, lane] += alpha


@in_vectors
def _eliminate(matrix, factor):  # type: ignore[no-untyped-def]
    width, lanes = matrix.shape[0], matrix.shape[2]
    for at in range(width):
        for i in range(at + 1, width):
            for lane in range(lanes):
                factor[lane] = matrix[at, i, lane] / matrix[at, at, lane]
            for j in range(i, width):
                for lane in range(lanes):
                    matrix[i, j, lane] -= factor[lane] * matrix[at, j, lane]
            matrix[i, at] = factor


@in_vectors
def _subtract(solved, i, factor, at):  # type: ignore[no-untyped-def]
    for lane in range(len(factor)):
        solved[i, lane] -= factor[lane] * solved[at, lane]


@in_vectors
def _substitute(matrix, solved):  # type: ignore[no-untyped-def]
    """Turn targets (k, lanes) into solutions."""
    width, lanes = matrix.shape[0], matrix.shape[2]
    for at in range(width):
        for i in range(at + 1, width):
            _subtract(solved, i, matrix[i, at], at)
    for at in range(width):
        for lane in range(lanes):
            solved[at, lane] /= matrix[at, at, lane]
    for at in range(width - 1, 0, -1):
        for i in range(at):
            _subtract(solved, i, matrix[at, i], at)


def fill_ridges(values, left, right, alpha, rows, first, targets):  # type: ignore[no-untyped-def]
    """Turn targets (p, d) into coefficients; the pairs of ``rows[at]`` begin at ``first[at]``."""
    width = values.shape[1]
    matrix, factor, solved = np.ones((width, width, LANES)), np.empty(LANES), np.zeros((width, LANES))
    for begin in range(0, len(rows), LANES):
        lanes = min(LANES, len(rows) - begin)
        most = 0
        for lane in range(lanes):
            row = rows[begin + lane]
            _assemble(values[row], left[:, row], right[:, row], alpha, lane, matrix)
            most = max(most, first[begin + lane + 1] - first[begin + lane])
        _eliminate(matrix, factor)
        for turn in range(most):
            for lane in range(lanes):
                if first[begin + lane] + turn < first[begin + lane + 1]:
                    solved[:, lane] = targets[first[begin + lane] + turn]
            _substitute(matrix, solved)
            for lane in range(lanes):
                if first[begin + lane] + turn < first[begin + lane + 1]:
                    targets[first[begin + lane] + turn] = solved[:, lane]


@njit
def _choose(values, left, right, columns, there, some, some_left, some_right):  # type: ignore[no-untyped-def]
    """Copy some columns of the parts of a matrix; those that are not there get zeros."""
    for i in range(len(columns)):
        for j in range(len(columns)):
            some[i, j] = values[columns[i], columns[j]] if there[i] and there[j] else 0.0
        for term in range(len(left)):
            some_left[term, i] = left[term, columns[i]] if there[i] else 0.0
            some_right[term, i] = right[term, columns[i]] if there[i] else 0.0


def fill_ridges_of_some(values, left, right, alpha, row, at, there, targets):  # type: ignore[no-untyped-def]
    """Turn targets (p, k) of the columns ``at`` into coefficients."""
    width = at.shape[1]
    matrix, factor, solved = np.ones((width, width, LANES)), np.empty(LANES), np.zeros((width, LANES))
    some = np.empty((width, width))
    some_left, some_right = np.empty((len(left), width)), np.empty((len(left), width))
    for begin in range(0, len(row), LANES):
        lanes = min(LANES, len(row) - begin)
        for lane in range(lanes):
            pair = begin + lane
            here = row[pair]
            _choose(
                values[here], left[:, here], right[:, here], at[pair], there[pair], some, some_left, some_right
            )
            _assemble(some, some_left, some_right, alpha, lane, matrix)
            solved[:, lane] = targets[pair]
        _eliminate(matrix, factor)
        _substitute(matrix, solved)
        for lane in range(lanes):
            targets[begin + lane] = solved[:, lane]


fill_ridges = compiled(fill_ridges)
fill_ridges_of_some = compiled(fill_ridges_of_some)
