"""Whoever signs in comes back to the page that they asked for, and to no other server."""

import asyncio
from urllib.parse import quote

import pytest

from sparklime_core.dashboard.sign_in_return import COOKIE, SignInReturn

HOST = "lime.example.org"


def asked(path, headers, location="/"):
    """The headers of an answer that leads elsewhere, by their names."""
    sent = []

    async def app(scope, receive, send):
        headers = [(b"location", location.encode()), (b"set-cookie", b"other=1")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()]
    scope = {"type": "http", "path": path, "headers": given}
    asyncio.run(SignInReturn(app)(scope, None, send))
    answer = sent[0]["headers"]
    return dict(answer)[b"location"].decode(), [value.decode() for name, value in answer if name == b"set-cookie"]


@pytest.mark.parametrize("page", ["/rows?run=a&filter=x~1", "/", "/base/data?workspace=0", "/rows?name=%2F%2Fx"])
def test_the_page_is_led_to_once(page):
    location, cookies = asked(
        "/auth/login", {"referer": f"https://{HOST}{page}"}, "https://service.example/authorize"
    )
    assert location == "https://service.example/authorize"
    assert cookies[0] == "other=1"
    kept = cookies[1].split(";")[0]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookies[1].split("; "))

    location, cookies = asked("/oauth2callback", {"cookie": kept})
    assert location == page
    assert cookies[1].startswith(f"{COOKIE}=; Max-Age=0")


@pytest.mark.parametrize(
    "page",
    [
        "//evil.example/",
        "/\\evil.example",
        "https://evil.example/",
        "evil",
        "/a\r\nset-cookie: x=1",
        "/\x01",
        "/" + "a" * 3001,
        "",
    ],
)
def test_no_other_server_is_led_to(page):
    assert asked("/oauth2callback", {"cookie": f"{COOKIE}={quote(page, safe='')}"})[0] == "/"


@pytest.mark.parametrize("referer", ["https://evil.example/rows", f"https://{HOST}.evil.example/", "", "x"])
def test_a_page_of_another_server_is_not_kept(referer):
    assert asked("/auth/login", {"referer": referer})[1] == ["other=1"]


def test_other_answers_stay_as_they_are():
    assert asked("/rows", {"cookie": f"{COOKIE}=%2Frows"}) == ("/", ["other=1"])
