"""What the commands share: exit codes, settings from their options, and a session that is closed again."""

import argparse
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pyspark.sql import SparkSession

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


def own_model(arguments: argparse.Namespace, dataset: Dataset) -> Model | None:
    """Return the model that ``--model-file`` or ``--model-uri`` names; None where one is to be trained."""
    source = arguments.model_file if arguments.model_uri is None else arguments.model_uri
    if arguments.model_uri is not None and not is_model_uri(source):
        raise SettingsError(f"--model-uri must be like models:/name@alias or runs:/id/path, not {source!r}.")
    if source is None:
        return None
    refuse_training(arguments, "--model-uri" if arguments.model_file is None else "--model-file")
    return load_model(source, dataset, say=complain)


def refuse_training(arguments: argparse.Namespace, option: str) -> None:
    """Raise `SettingsError` for a setting of training next to an option that names a trained model."""
    for one in settings_of(ModelSettings).values():
        if getattr(arguments, one.option) not in (None, one.default):
            raise SettingsError(
                f"--{one.flag} is for a model that this command trains, and {option} names a trained one; "
                f"leave --{one.flag} out."
            )


def model_settings(arguments: argparse.Namespace) -> ModelSettings:
    """Return the settings of the model to train."""
    seed = arguments.seed if arguments.model_seed is None else arguments.model_seed
    return ModelSettings.from_options({**vars(arguments), "model_seed": seed})
