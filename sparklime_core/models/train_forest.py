"""`train_forest`: a random forest on a dataset, measured on rows that it has not seen."""

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model, train_with


@raised_as(ModelError, "The model cannot be trained")
def train_forest(
    dataset: Dataset,
    n_estimators: int = 100,
    max_depth: int | None = None,
    test_size: float = 0.25,
    seed: int = 0,
    *,
    min_samples_leaf: int = 1,
) -> Model:
    """Train a random forest and measure it on a test split, stratified by class where each class allows it.

    Raises
    ------
    SettingsError
        When a hyperparameter is outside of what is allowed.
    ModelError
        When the dataset is too small to split.
    """
    return train_with(dataset, ModelSettings(n_estimators, max_depth, min_samples_leaf, test_size, seed))
