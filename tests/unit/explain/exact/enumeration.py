"""Everything that lime can draw for a few features, cut where a model can look, with its probability."""

import itertools

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm


def border(threshold):
    """Return the value where ``float32(value) <= threshold``, which is what a tree asks, turns false."""
    yes, no = threshold - 1e-3, threshold + 1e-3
    while (middle := (yes + no) / 2) not in (yes, no):
        yes, no = (middle, no) if np.float32(middle) <= threshold else (yes, middle)
    return yes


def cells(explainer, feature, thresholds, single):
    """Return (code, probability, a value of it): everything that lime can draw, cut where the model can look."""
    discretizer = explainer.discretizer
    drawn = zip(explainer.feature_values[feature], explainer.feature_frequencies[feature], strict=True)
    found = []
    for code, frequency in drawn:
        if feature not in discretizer.lambdas:
            found.append((code, frequency, code))
            continue
        low, high, mean, std = (
            getattr(discretizer, name)[feature][int(code)] for name in ("mins", "maxs", "means", "stds")
        )
        if (low - mean) / std == (high - mean) / std:
            found.append((code, frequency, (low - mean) / std))
            continue
        if mean + 40 * std == mean:  # the bin of gaps
            found.append((code, frequency, mean))
            continue
        borders = map(border, thresholds) if single else thresholds
        edges = [low, *(cut for cut in borders if low < cut < high), high]
        # In standard deviations, and no further out than a double can tell, since one may be 1e-11.
        z = np.clip((np.array(edges) - mean) / std, -38, 38)
        masses = [quad(norm.pdf, a, b, epsabs=1e-14, epsrel=1e-13)[0] for a, b in itertools.pairwise(z)]
        middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
        found += [
            (code, frequency * mass / sum(masses), middle) for mass, middle in zip(masses, middles, strict=True)
        ]
    return found


def everything_drawn(explainer, ensemble):
    """Return all combinations of cells (n, d, 3): of each feature the code, the probability and a value."""
    each = []
    for feature in range(len(explainer.feature_names)):
        split = (ensemble.left >= 0) & (ensemble.feature == feature)
        each.append(cells(explainer, feature, np.unique(ensemble.threshold[split]), ensemble.single))
    return np.array(list(itertools.product(*each)))


def enumerated(drawn, predicted, codes, rho):
    """Return E[f] (K,) and the covariances (d, K) for a row with these codes."""
    same = drawn[:, :, 0] == codes
    weight = drawn[:, :, 1].prod(axis=1) * rho ** (~same).sum(axis=1)
    weight /= weight.sum()
    return weight @ predicted, (weight[:, None] * (same - weight @ same)).T @ predicted
