"""`ModelSettings`: which model, its hyperparameters, and the split that it is measured by."""

from dataclasses import dataclass

from sparklime_core.errors import SettingsError
from sparklime_core.setting import Settings, setting
from sparklime_core.setting_kinds import Choice, Share, Whole

KINDS = {
    "forest": "random forest",
    "extra_trees": "extra trees",
    "boosting": "gradient boosting",
    "linear": "logistic or linear regression",
}
"""The models that can be trained, and how they are called."""

FORESTS = ("forest", "extra_trees")
"""Those whose trees are each trained on rows of their own."""

CLASS_WEIGHTS = ("auto", "balanced", "none")


@dataclass(frozen=True)
class ModelSettings(Settings):
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
    rows_per_tree
        How many training rows each tree of a forest draws, with replacement; None: as many as there are, and for
        extra trees each row once.

    Raises
    ------
    SettingsError
        When a value is outside of what is allowed.
    """

    n_estimators: int = setting(
        Whole(1, 5000),
        100,
        flag="trees",
        label="Trees",
        help="Number of trees; for boosting, number of rounds.",
        called="The number of trees",
    )
    max_depth: int | None = setting(
        Whole(1),
        None,
        flag="max-depth",
        label="Depth",
        help="Largest number of splits from root to leaf.",
        unset="no limit",
        called="The depth",
        metavar="D",
    )
    min_samples_leaf: int = setting(
        Whole(1),
        1,
        flag="min-samples-leaf",
        label="Rows in a leaf, at least",
        help="Smallest number of training rows in a leaf.",
        called="The fewest rows of a leaf",
    )
    test_size: float = setting(
        Share(),
        0.25,
        flag="test-size",
        label="Test share",
        help="Share of the rows that measures the model and does not train it.",
        called="The test share",
    )
    seed: int = setting(
        Whole(0, 2**32 - 1),
        0,
        flag="model-seed",
        label="Seed",
        help="Seed of the split and of the model.",
        called="The seed",
    )
    kind: str = setting(
        Choice(tuple(KINDS)),
        "forest",
        flag="model",
        label="Model",
        help="Kind of model to train.",
        called="The kind of model",
    )
    class_weight: str = setting(
        Choice(CLASS_WEIGHTS),
        "auto",
        flag="class-weight",
        label="Weight of a row",
        help="For imbalanced classes.",
        called="Class weights",
    )
    rows_per_tree: int | None = setting(
        Whole(2),
        None,
        flag="rows-per-tree",
        label="Rows per tree",
        help="Number of training rows that each tree of a forest draws. A large table trains faster with fewer.",
        unset="all",
        called="The number of rows per tree",
        metavar="R",
    )

    def __post_init__(self) -> None:
        """Check the values, and that the model has what they set."""
        super().__post_init__()
        if self.rows_per_tree is None:
            return
        if self.kind not in FORESTS:
            raise SettingsError(
                "Rows per tree is for random forests and extra trees, "
                f"and the model is {KINDS[self.kind]}; leave it out."
            )
        if self.rows_per_tree < 2 * self.min_samples_leaf:
            raise SettingsError(
                f"A tree that draws {self.rows_per_tree} rows cannot have two leaves of {self.min_samples_leaf}; "
                "choose more rows per tree, or smaller leaves."
            )
