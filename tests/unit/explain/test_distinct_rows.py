import numpy as np
import pytest

from sparklime_core.explain import distinct_rows as module
from sparklime_core.explain.distinct_rows import distinct_rows

CODES = np.array([[0, 1], [2, 0], [0, 1], [1, 0], [2, 0]])
WANTED = np.array([[True, False], [False, True], [False, False], [True, True], [True, False]])


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_rows_that_are_alike_share_their_labels(kind):
    distinct, which, labels = distinct_rows(CODES.astype(kind), WANTED)
    assert len(distinct) == 3
    assert distinct.dtype == kind
    np.testing.assert_array_equal(distinct[which], CODES)
    np.testing.assert_array_equal(labels[which], WANTED | [[0, 0], [1, 1], [1, 0], [0, 0], [0, 1]])


def test_different_rows_of_one_number_stay_different(monkeypatch):
    monkeypatch.setattr(module, "_factors", lambda width: np.ones(width, dtype=np.uint64))
    distinct, which, _ = distinct_rows(CODES, WANTED)  # [0, 1] and [1, 0] have the same sum
    assert len(distinct) == 3
    np.testing.assert_array_equal(distinct[which], CODES)
