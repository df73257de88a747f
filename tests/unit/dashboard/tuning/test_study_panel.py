"""The choice that is suggested."""

import pandas as pd

from sparklime_core.dashboard.tuning.study_panel import suggested


def cells(*rows: tuple[float, float, float | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["fit", "jaccard", "effective_share", "num_samples"])
    return frame.assign(cell=range(len(frame)), kernel_width=1.0, noise=0.1, seconds=0.1, score=0.1)


def test_the_suggestion_is_the_best_fit_among_the_steady() -> None:
    assert suggested(cells((0.9, 0.30, 0.9, 100), (0.5, 0.89, 0.9, 500), (0.4, 0.90, 0.9, 500))) == 1


def test_of_those_that_fit_alike_the_most_local_is_suggested() -> None:
    assert suggested(cells((0.80, 0.9, 0.99, 500), (0.79, 0.9, 0.40, 5000), (0.50, 0.9, 0.05, 500))) == 1


def test_of_equals_the_suggestion_has_fewer_samples() -> None:
    assert suggested(cells((0.5001, 0.9, 0.901, 5000), (0.5002, 0.9, 0.902, 500))) == 1


def test_where_locality_is_not_known_the_samples_decide() -> None:
    assert suggested(cells((0.5, 0.9, None, 5000), (0.5, 0.9, None, 500))) == 1
