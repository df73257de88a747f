"""What the commands share: exit codes, settings from their options, and a session that is closed again."""

import argparse
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pyspark.sql import SparkSession

from sparklime_core.cli.progress import ProgressLine
from sparklime_core.models.settings import ModelSettings
from sparklime_core.spark.session.connection import connect, disconnect


@contextmanager
def session(
    master: str, line: ProgressLine, archive: Path | None = None, conf: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """Connect to a master for as long as the block lasts; `conf` has further settings of Spark."""
    line.say(f"connecting to {master}")
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


def model_settings(arguments: argparse.Namespace) -> ModelSettings:
    """Return what the model is to be trained with."""
    seed = arguments.seed if arguments.model_seed is None else arguments.model_seed
    return ModelSettings.from_options({**vars(arguments), "model_seed": seed})
