"""What the commands share: option types, exit codes, and a session that is closed again."""

import argparse
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sparklime_core.explain.settings import Labels

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparklime_core.cli.progress import ProgressLine

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

BAD_INPUT = 2
INTERRUPTED = 130
DEFAULT_MASTER = "local[*]"
MASTER_HELP = f"local[N], spark://host:port, or sc://host:port of Spark Connect; default {DEFAULT_MASTER}"


@contextmanager
def session(
    master: str, line: "ProgressLine", archive: Path | None = None, conf: Mapping[str, str] | None = None
) -> Iterator["SparkSession"]:
    """Connect to a master for as long as the block lasts; `conf` has further settings of Spark."""
    from sparklime_core.spark.session.connection import connect, disconnect  # noqa: PLC0415 - takes seconds

    line.say(f"connecting to {master}")
    try:
        yield connect(master, archive=archive, conf=conf)
    finally:
        disconnect()


def add_archive(parser: argparse.ArgumentParser) -> None:
    """Add the option for executors whose own Python lacks our packages."""
    parser.add_argument(
        "--archive",
        type=Path,
        metavar="FILE.tar.gz",
        help="what the executors of a standalone master run, made by: sparklime pack",
    )


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


def setting(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value


def columns(text: str) -> tuple[str, ...]:
    """Read ``a,b`` as column names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def rows(text: str) -> str | int:
    """Read ``all``, ``test`` or a number."""
    if text in ("all", "test"):
        return text
    return _whole(text, "all, test or a number of rows")


def depth(text: str) -> int | None:
    """Read a depth, or ``none`` for no limit."""
    return None if text.lower() == "none" else _whole(text, "a whole number or none")


def labels(text: str) -> Labels:
    """Read ``predicted``, ``all``, or class indices like ``0,2``."""
    if text in ("predicted", "all"):
        return text
    return tuple(_whole(index, "predicted, all, or class indices like 0,2") for index in text.split(","))


def _whole(text: str, wanted: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None
