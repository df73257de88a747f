"""What the commands share: exit codes, settings from their options, and a session that is closed again."""

import argparse
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pyspark.sql import SparkSession

from sparklime_core.cli.commands import option_defaults
from sparklime_core.cli.output import complain
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import SettingsError
from sparklime_core.models.mlflow_models import is_model_uri
from sparklime_core.models.own_model import load_model
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model
from sparklime_core.setting import settings_of
from sparklime_core.spark.session.connect import connect, disconnect

TRAINED = ("trained_in", "model_file", "model_uri")
"""The options that name a trained model."""

ROLES = ("role", "roles", "categorical", "drop", "task")
"""The options that say what the columns of a table to train on are."""


@contextmanager
def session(
    master: str | None, line: ProgressLine, archive: Path | None = None, conf: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """Connect to a master for as long as the block lasts; `conf` has further settings of Spark.

    Without a master the session of ``spark-submit`` is taken, where there is one.
    """
    line.say(f"connecting to {master or 'Spark'}")
    try:
        yield connect(master, archive=archive, conf=conf)
    finally:
        disconnect()


Result = TypeVar("Result")


def interruptible(work: Callable[[threading.Event], Result]) -> Result:
    """Work in a thread of its own, so that Ctrl-C is heard at once and becomes a clean stop."""
    cancel = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work, cancel)
        while True:
            try:
                return done.result()
            except KeyboardInterrupt:
                cancel.set()


def check_model(arguments: argparse.Namespace) -> None:
    """Raise `SettingsError` for options that a trained model leaves no place for; nothing is read yet."""
    usual = option_defaults(arguments.command)
    given = {name for name, value in vars(arguments).items() if name in usual and value != usual[name]}
    named = [_flag(name) for name in TRAINED if name in given]
    if not named:
        return
    if len(named) > 1:
        raise SettingsError(f"{named[0]} and {named[1]} each name a model; give one of them.")
    if arguments.model_uri is not None and not is_model_uri(arguments.model_uri):
        raise SettingsError(
            f"--model-uri must be like models:/name@alias or runs:/id/path, not {arguments.model_uri!r}."
        )
    for one in settings_of(ModelSettings).values():
        if one.option in given:
            raise SettingsError(
                f"--{one.flag} is for a model that this command trains, and {named[0]} names a trained one; "
                f"leave --{one.flag} out."
            )
    for name in ROLES:
        if arguments.trained_in is not None and name in given:
            raise SettingsError(
                f"{_flag(name)} is for a table to train on; the run of --trained-in knows its columns. "
                "Leave it out."
            )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def check_target(arguments: argparse.Namespace, learnt: Dataset) -> None:
    """Raise `SettingsError` where a command names another target than the one of the run with the model."""
    if arguments.target is not None and arguments.target.strip() != learnt.target_name.strip():
        raise SettingsError(
            f"The run of --trained-in predicts {learnt.target_name!r}, not {arguments.target!r}; "
            "leave --target out."
        )


def own_model(arguments: argparse.Namespace, dataset: Dataset) -> Model | None:
    """Return the model that ``--model-file`` or ``--model-uri`` names; None where one is to be trained."""
    source = arguments.model_file if arguments.model_uri is None else arguments.model_uri
    return None if source is None else load_model(source, dataset, say=complain)


def model_settings(arguments: argparse.Namespace) -> ModelSettings:
    """Return the settings of the model to train."""
    seed = arguments.seed if arguments.model_seed is None else arguments.model_seed
    return ModelSettings.from_options({**vars(arguments), "model_seed": seed})
