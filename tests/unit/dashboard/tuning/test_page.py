"""The choice that is suggested."""

import pandas as pd

from sparklime_core.dashboard.tuning.page import suggested


def cells(*rows: tuple[float, float, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["score", "jaccard", "num_samples"])
    return frame.assign(cell=range(len(frame)), kernel_width=1.0, noise=0.1, seconds=0.1)


def test_the_suggestion_is_the_best_fit_among_the_steady() -> None:
    assert suggested(cells((0.9, 0.30, 100), (0.5, 0.89, 500), (0.4, 0.90, 500))) == 1


def test_of_equals_the_suggestion_has_fewer_samples() -> None:
    assert suggested(cells((0.5001, 0.9, 5000), (0.5002, 0.9, 500))) == 1
