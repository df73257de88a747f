"""The options that say which model is trained and how it is explained, for every command that explains."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sparklime_core.cli.options import depth, labels
from sparklime_core.explain.settings import (
    DISCRETIZERS,
    ENGINE_NAMES,
    FEATURE_SELECTIONS,
    ExplainerSettings,
    ExplainSettings,
)

if TYPE_CHECKING:
    from sparklime_core.models.settings import ModelSettings

MODELS = ("forest", "extra_trees", "boosting", "linear")
CLASS_WEIGHTS = ("auto", "balanced", "none")


def add_model_options(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Add the options of the model; return their group."""
    model = parser.add_argument_group("the model")
    model.add_argument("--model", default="forest", choices=MODELS, help="which to train; default forest")
    model.add_argument("--trees", default=100, type=int)
    model.add_argument("--max-depth", default=None, type=depth, metavar="D")
    model.add_argument("--min-samples-leaf", default=1, type=int, help="the fewest training rows of a leaf")
    model.add_argument("--test-size", default=0.25, type=float, help="share of rows kept for measuring")
    model.add_argument("--class-weight", default="auto", choices=CLASS_WEIGHTS, help="for imbalanced classes")
    model.add_argument("--model-seed", type=int, help="of the split and the model, where --seed is not to be")
    model.add_argument("--model-file", type=Path, metavar="FILE.skops", help="a model of your own instead")
    return model


def add_lime_options(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Add the options of the explanations; return their group."""
    lime = parser.add_argument_group("the explanations")
    lime.add_argument("--engine", default="sampled", choices=ENGINE_NAMES)
    lime.add_argument("--labels", default="predicted", type=labels, help="predicted, all, or indices: 0,2")
    lime.add_argument("--num-features", default=10, type=int)
    lime.add_argument("--num-samples", default=5000, type=int)
    lime.add_argument(
        "--profiles", action="store_true", help="keep what every bin of a reason's feature does to the prediction"
    )
    lime.add_argument("--seed", default=0, type=int, help="of the split, the forest and the explanations")
    lime.add_argument("--discretizer", default="quartile", choices=DISCRETIZERS)
    lime.add_argument("--kernel-width", default=None, type=float)
    lime.add_argument("--feature-selection", default="auto", choices=FEATURE_SELECTIONS)
    return lime


def model_settings(arguments: argparse.Namespace) -> "ModelSettings":
    """Return what the model is to be trained with."""
    from sparklime_core.models.settings import ModelSettings  # noqa: PLC0415 - --help does not need it

    return ModelSettings(
        n_estimators=arguments.trees,
        max_depth=arguments.max_depth,
        min_samples_leaf=arguments.min_samples_leaf,
        test_size=arguments.test_size,
        seed=arguments.seed if arguments.model_seed is None else arguments.model_seed,
        kind=arguments.model,
        class_weight=arguments.class_weight,
    )


def explain_settings(arguments: argparse.Namespace) -> ExplainSettings:
    """Return how rows are to be explained."""
    return ExplainSettings(
        arguments.engine,
        arguments.labels,
        arguments.num_features,
        arguments.num_samples,
        arguments.seed,
        arguments.profiles,
    )


def explainer_settings(arguments: argparse.Namespace) -> ExplainerSettings:
    """Return the settings of lime's explainer."""
    return ExplainerSettings(arguments.discretizer, arguments.kernel_width, arguments.feature_selection)
