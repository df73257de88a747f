"""How a session ends."""

import threading
from types import SimpleNamespace

from sparklime_core.spark.session.connection import _stop


def test_a_session_ends_without_waiting_for_the_server_of_accumulators() -> None:
    order: list[str] = []
    gone = threading.Event()
    context = SimpleNamespace(
        _jsc=SimpleNamespace(stop=lambda: order.append("context")),
        _accumulatorServer=SimpleNamespace(shutdown=gone.wait),
    )
    gateway = SimpleNamespace(alive=lambda: True, stop=lambda: order.append("JVM"))

    _stop(context, gateway)
    gone.set()

    assert order == ["context", "JVM"]
    assert context._jsc is None
    assert context._accumulatorServer is None


def test_a_jvm_that_is_gone_is_asked_for_nothing() -> None:
    context = SimpleNamespace(_jsc=None, _accumulatorServer=None)
    ended: list[bool] = []

    _stop(context, SimpleNamespace(alive=lambda: False, stop=lambda: ended.append(True)))

    assert ended == [True]
