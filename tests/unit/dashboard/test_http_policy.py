"""What the dashboard's server adds to answers, and what it does not answer."""

import asyncio

import pytest
from streamlit import config

from sparklime_core.dashboard.http_policy import HttpPolicy


def asked(path="/", host=b"127.0.0.1:8501", kind="http", headers=()):
    """The status and the headers of an answer, by their names."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"a page"})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [(b"host", host)] if host else []}
    asyncio.run(HttpPolicy(app)(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.fixture(autouse=True)
def hosts():
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", ["127.0.0.1", "localhost"])
    yield
    config.set_option("server.allowedHosts", before)


def test_no_answer_may_be_framed_or_taken_for_another_kind():
    for status, headers in (asked(), asked("/_stcore/metrics"), asked(host=b"evil.example")):
        assert headers[b"content-security-policy"] == b"frame-ancestors 'none'", status
        assert headers[b"x-frame-options"] == b"DENY"
        assert headers[b"x-content-type-options"] == b"nosniff"


def test_a_policy_of_streamlits_own_holds_too():
    _, headers = asked(headers=[(b"x-content-type-options", b"nosniff")])
    assert headers[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("host", [b"evil.example:8501", b"127.0.0.1.evil.example", b"x@127.0.0.1", None])
def test_other_names_are_not_answered(host):
    assert asked(host=host)[0] == 400


@pytest.mark.parametrize("host", [b"127.0.0.1", b"localhost:8501", b"LOCALHOST."])
def test_its_own_names_are(host):
    assert asked(host=host)[0] == 200


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/base/_stcore/metrics", "/_stcore/agent/mcp"])
def test_nobody_asks_for_statistics(path):
    assert asked(path)[0] == 404
    assert asked("/_stcore/health")[0] == 200


def test_sessions_are_left_to_streamlit():
    assert asked(host=b"evil.example", kind="websocket")[0] == 200
