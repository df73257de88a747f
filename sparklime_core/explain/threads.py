"""One BLAS thread while rows are explained: how many there are may change the last bit of a product."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which numpy and scipy use one BLAS thread."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    """Look for the BLAS libraries once: that takes milliseconds."""
    return ThreadpoolController()
