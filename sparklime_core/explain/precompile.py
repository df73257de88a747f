"""``python -m sparklime_core.explain.precompile``: compile before somebody waits for it."""

import numpy as np

from sparklime_core.explain.sums import weighted_sums


def compile_ahead() -> None:
    """Compile what the engines use, or find that it is compiled."""
    few = np.zeros((1, 1), dtype=np.uint8)
    weighted_sums(few, few, np.ones((2, 2)), np.ones((1, 1)), np.ones((1, 1), dtype=np.bool_))


if __name__ == "__main__":
    compile_ahead()
