"""`ModelSettings`: which model, its hyperparameters, and the split that it is measured by."""

from dataclasses import asdict, dataclass
from typing import Any

from sparklime_core.errors import SettingsError

KINDS = {
    "forest": "random forest",
    "extra_trees": "extra trees",
    "boosting": "gradient boosting",
    "linear": "logistic or linear regression",
}
"""The models that can be trained, and how they are called."""

CLASS_WEIGHTS = ("auto", "balanced", "none")


@dataclass(frozen=True)
class ModelSettings:
    """What is trained, and how it is measured.

    Attributes
    ----------
    n_estimators
        Number of trees; for boosting, of rounds.
    max_depth
        The most splits from root to leaf; None: until leaves are pure (in boosting, 3).
    min_samples_leaf
        The fewest training rows that a leaf may hold.
    test_size
        Share of the rows that is kept for measuring, between 0 and 1.
    seed
        Of the split and of the model.
    kind
        One of `KINDS`.
    class_weight
        ``"balanced"``: a class weighs the more, the rarer it is; ``"auto"``: only where classes are imbalanced.

    Raises
    ------
    SettingsError
        When a value is outside of what is allowed.
    """

    n_estimators: int = 100
    max_depth: int | None = None
    min_samples_leaf: int = 1
    test_size: float = 0.25
    seed: int = 0
    kind: str = "forest"
    class_weight: str = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.n_estimators <= 5000:
            raise SettingsError(f"The number of trees must be between 1 and 5000, not {self.n_estimators}.")
        if self.max_depth is not None and self.max_depth < 1:
            raise SettingsError(f"The depth must be at least 1, not {self.max_depth}.")
        if self.min_samples_leaf < 1:
            raise SettingsError(f"A leaf must hold at least 1 row, not {self.min_samples_leaf}.")
        if not 0 < self.test_size < 1:
            raise SettingsError(f"The test share must be between 0 and 1, not {self.test_size}.")
        if not 0 <= self.seed < 2**32:
            raise SettingsError(f"The seed must be between 0 and {2**32 - 1}, not {self.seed}.")
        if self.kind not in KINDS:
            raise SettingsError(f"There is no model {self.kind!r}; choose one of {', '.join(KINDS)}.")
        if self.class_weight not in CLASS_WEIGHTS:
            raise SettingsError(f"Class weights must be {', '.join(CLASS_WEIGHTS)}, not {self.class_weight!r}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a run's manifest."""
        return asdict(self)
