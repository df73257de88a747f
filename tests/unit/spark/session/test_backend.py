"""What was done once for a session is known as long as the session is there."""

from types import SimpleNamespace

from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.session.backend import record_of


def test_a_package_is_sent_once_to_each_context():
    sent = []
    contexts = [SimpleNamespace(name=name) for name in ("first", "second")]
    for context in (*contexts, *contexts):
        ship_package(
            SimpleNamespace(
                record=record_of(context),
                application=lambda: None,
                add_package=lambda _, name=context.name: sent.append(name),
            )
        )
    assert sent == ["first", "second"]
