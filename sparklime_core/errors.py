"""Every error that a caller can cause, under one base class.

A message is one sentence: what is wrong, where (column, row), and what to do about it.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class SparkLimeError(Exception):
    """Base class: catch this to catch everything that SparkLIME raises on purpose."""


class MissingExtraError(SparkLimeError, ImportError):
    """A package is not installed that an extra of SparkLIME brings."""


class DataError(SparkLimeError):
    """A table could not be read, or does not hold what was asked of it."""


class ModelError(SparkLimeError):
    """A model could not be trained, saved, loaded or used."""


class SettingsError(SparkLimeError):
    """A setting is outside of what is allowed."""


class EngineError(SparkLimeError):
    """An engine cannot explain this explainer or model."""


class PredictionError(SparkLimeError):
    """The predict function returned something that LIME cannot use."""


class SparkError(SparkLimeError):
    """Spark could not be found, started or reached, or a job on it failed."""


class ClusterError(SparkError):
    """A local standalone cluster could not be started or stopped."""


class RunError(SparkLimeError):
    """A run could not be stored, found, opened or resumed."""


class SignInError(SparkLimeError):
    """Nobody is signed in, or the sign-in service does not say who it is."""


class CancelledError(SparkLimeError):
    """The person asked for the work to stop."""


class LimitError(SparkLimeError):
    """Work on a file needed more memory or time than it may take, or crashed."""


@contextmanager
def raised_as(kind: type[SparkLimeError], what: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Raise what a caller's own objects raise as an error of ours, with the original as its cause.

    Errors of the classes ``but`` pass as they are. Serves as a decorator too.
    """
    passing: tuple[type[Exception], ...] = (SparkLimeError, *but)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        raise kind(f"{what}: {reason(error)}.") from error


def reason(error: BaseException) -> str:
    """Return the kind and the first line of an error, without a point at its end."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
