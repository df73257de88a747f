"""Which limited process reads the tables and models of a test."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparklime_core.data import read_limited
from sparklime_core.models import model_files, own_model


@contextlib.contextmanager
def call_by(call: Callable[..., Any]) -> Iterator[None]:
    """Let a function do what `call_limited` does where tables and models are read."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (read_limited, model_files, own_model):
            patch.setattr(module, "call_limited", call)
        yield
