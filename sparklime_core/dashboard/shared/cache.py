"""What pages remember of runs: answers while the results stay the same, and objects made of the inputs.

All people share what is remembered. So each asking checks first that the person may see the run.
"""

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.caching.cache_utils import CachedFunc

from sparklime_core.runs.run import Run

P = ParamSpec("P")
T = TypeVar("T")


class Remembered(Generic[P, T]):
    """A question about runs, and the answers that were given.

    Parameters
    ----------
    answers
        The question, as Streamlit remembers it.
    """

    def __init__(self, answers: CachedFunc[P, T]) -> None:
        self._answers = answers
        self.clear: Callable[[], None] = answers.clear

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the answer; raise `RunError` where the person may not see one of the runs."""
        for run in (*args, *kwargs.values()):
            if isinstance(run, Run):
                run.guard.check_seen()
        return self._answers(*args, **kwargs)


def remember(question: Callable[P, T], *, entries: int = 64, spinner: bool | str = False) -> Remembered[P, T]:
    """Return a question about runs that is asked again only when the run has more results.

    Parameters
    ----------
    question
        Its arguments may be runs. Each caller gets a copy of the answer.
    entries
        The most answers that are kept.
    spinner
        What a person reads meanwhile.
    """
    return Remembered(
        st.cache_data(max_entries=entries, show_spinner=spinner, hash_funcs={Run: _id_and_version})(question)
    )


def keep(make: Callable[P, T], *, entries: int = 4, spinner: bool | str = False) -> Callable[P, T]:
    """Return what makes an object of a run's inputs, which never change; all callers share the object."""
    return Remembered(st.cache_resource(max_entries=entries, show_spinner=spinner, hash_funcs={Run: _id})(make))


def _id(run: Run) -> str:
    return run.id


def _id_and_version(run: Run) -> tuple[str, str]:
    return run.id, run.version()
