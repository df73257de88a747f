"""`ModelSettings`: which model, its hyperparameters, and the split that it is measured by."""

from dataclasses import asdict, dataclass
from typing import Any

from sparklime_core.arguments import choice, real_number, whole_number
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
        checked: dict[str, Any] = {
            "n_estimators": whole_number("The number of trees", self.n_estimators, 1, 5000),
            "min_samples_leaf": whole_number("The fewest rows of a leaf", self.min_samples_leaf, 1),
            "test_size": real_number("The test share", self.test_size),
            "seed": whole_number("The seed", self.seed, 0, 2**32 - 1),
            "kind": choice("The kind of model", self.kind, tuple(KINDS)),
            "class_weight": choice("Class weights", self.class_weight, CLASS_WEIGHTS),
        }
        if self.max_depth is not None:
            checked["max_depth"] = whole_number("The depth", self.max_depth, 1)
        if not 0 < checked["test_size"] < 1:
            raise SettingsError(f"The test share must be between 0 and 1, not {self.test_size}.")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a run's manifest."""
        return asdict(self)
