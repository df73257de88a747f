"""`Study`: work on some rows that is no run, like a race or a grid of settings; a page looks at its state."""

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import CancelledError, SparkLimeError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings


@dataclass(frozen=True)
class Subject:
    """The table and the model that a study is about.

    Attributes
    ----------
    title
        What the table is called.
    dataset
        The table whose rows are explained.
    estimator
        The model.
    explain, explainer
        Settings of the explanations; a study replaces those that it varies.
    learnt_from
        The table that the model was trained on, where it is another one.
    """

    title: str
    dataset: Dataset
    estimator: Any
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    explainer: ExplainerSettings = field(default_factory=ExplainerSettings)
    learnt_from: Dataset | None = None

    @property
    def model_table(self) -> Dataset:
        """The table that the model was trained on."""
        return self.learnt_from or self.dataset


@dataclass(frozen=True, kw_only=True)
class StudyState:
    """How far a study is.

    Attributes
    ----------
    ended, cancelled, error
        Whether it has ended, whether it was stopped, and the error that ended it.
    """

    ended: bool = False
    cancelled: bool = False
    error: str | None = None


State = TypeVar("State", bound=StudyState)


class Study(Generic[State]):
    """A study; one thread works on it, and any other may ask for its state or cancel it."""

    def __init__(self, state: State) -> None:
        self._cancel = threading.Event()
        self._lock = threading.Lock()
        self._state = state

    def state(self) -> State:
        """Return how far it is at this moment."""
        with self._lock:
            return self._state

    def cancel(self) -> None:
        """Stop it; what is measured stays."""
        self._cancel.set()

    def fail(self, sentence: str) -> None:
        """End it with an error."""
        self.end(error=sentence)

    def end(self, **changes: Any) -> None:
        """End it."""
        self.change(ended=True, **changes)

    def change(self, **changes: Any) -> None:
        """Change parts of its state."""
        with self._lock:
            self._state = dataclasses.replace(self._state, **changes)

    def check_cancelled(self) -> None:
        """Raise `CancelledError` when it is to stop."""
        if self._cancel.is_set():
            raise CancelledError("The study was cancelled.")

    def carry_out(self, work: Callable[[], None]) -> None:
        """Do its work, and end it in whichever way the work ends."""
        try:
            work()
        except CancelledError:
            self.end(cancelled=True)
        except Exception as error:  # noqa: BLE001 - a model may raise anything; the page shows it
            self.fail(error_sentence(error))
        else:
            self.end()


def error_sentence(error: Exception) -> str:
    """Return an error as a page shows it."""
    return str(error) if isinstance(error, SparkLimeError) else f"{type(error).__name__}: {error}"
