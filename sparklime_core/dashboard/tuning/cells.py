"""The choices of settings that a study has measured, and the one that it suggests."""

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from sparklime_core.jobs.tuning import TuningState

AS_STEADY = 0.02
"""How far below the best Jaccard index a choice still counts as steady."""
AS_GOOD = 0.02
"""How far below the best fit a choice still counts as good."""


def cells_frame(state: "TuningState") -> pd.DataFrame:
    """Return a line for each cell that is measured, numbered in ``cell``."""
    frame = pd.DataFrame([vars(cell) for cell in state.cells])
    frame.insert(0, "cell", range(len(frame)))
    return frame


def suggested(cells: pd.DataFrame) -> int:
    """Return the most local cell among the steady ones that fit well; of equals the one with fewer samples."""
    steady = cells[cells["jaccard"] >= cells["jaccard"].max() - AS_STEADY]
    fitting = steady[steady["fit"] >= steady["fit"].max() - AS_GOOD]
    local = fitting["effective_share"].astype(float).round(2)
    ranked = fitting.assign(local=local).sort_values(["local", "num_samples"], kind="stable")
    return int(ranked["cell"].iloc[0])
