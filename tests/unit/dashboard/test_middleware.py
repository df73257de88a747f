"""What the server adds to Streamlit's answers."""

import asyncio
from urllib.parse import quote

import pytest
from streamlit import config

from sparklime_core.dashboard.middleware import RETURN_COOKIE, HttpPolicy, SignInReturn

HOST = "lime.example.org"


def asked(path="/", host=b"127.0.0.1:8501", kind="http", cookie=b"", scheme="http", accept=b"*/*", **answer):
    """The status and the headers of an answer, by their names."""
    status, headers = answer.get("status", 200), answer.get("headers", ())
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"a page"})

    async def send(message):
        sent.append(message)

    asking = [(b"host", host)] if host else []
    asking += [(b"cookie", cookie), (b"accept", accept)]
    scope = {"type": kind, "path": path, "scheme": scheme, "headers": asking}
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


PAGE = [(b"content-type", b"text/html; charset=utf-8")]


def cookie(headers, before=b""):
    """The cookie that an answer sets, or None."""
    sent = asked(headers=headers, cookie=before)[1].get(b"set-cookie")
    return None if sent is None else sent.decode()


def test_a_page_gives_the_browser_a_cookie_that_only_this_server_reads():
    first, second = cookie(PAGE), cookie(PAGE)
    assert first.split(";")[0] != second.split(";")[0]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(first.split("; "))
    assert "Secure" not in first
    assert cookie([(b"content-type", b"application/json")]) is None


def test_a_page_that_the_browser_has_kept_gives_it_a_cookie_too():
    _, headers = asked(status=304, accept=b"text/html,*/*;q=0.8")
    assert headers[b"set-cookie"].startswith(b"sparklime_person=")
    assert b"set-cookie" not in asked(status=304)[1]


def test_a_browser_keeps_its_cookie_and_no_made_up_one():
    mine = cookie(PAGE).split(";")[0]
    assert cookie(PAGE, f"other=1; {mine}".encode()).startswith(f"{mine};")
    for bad in (b"sparklime_person=short", b'sparklime_person="a\\012b"', b"sparklime_person", b"\xff;;=="):
        assert not cookie(PAGE, bad).startswith("sparklime_person=short")
        assert len(cookie(PAGE, bad).split(";")[0]) == len(mine)


@pytest.mark.parametrize("foreign", [b"a@b=1", b"{json}=1", b'x="a b"c', b"nameless", b"a/b=1"])
def test_cookies_that_others_on_this_machine_have_set_do_no_harm(foreign):
    mine = cookie(PAGE).split(";")[0]
    assert cookie(PAGE, b"; ".join([foreign, mine.encode()])).startswith(f"{mine};")


def test_over_https_the_cookie_stays_there():
    assert "; Secure" in asked(headers=PAGE, scheme="https")[1][b"set-cookie"].decode()


def led(path, headers, location="/"):
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
    location, cookies = led(
        "/auth/login", {"referer": f"https://{HOST}{page}"}, "https://service.example/authorize"
    )
    assert location == "https://service.example/authorize"
    assert cookies[0] == "other=1"
    kept = cookies[1].split(";")[0]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookies[1].split("; "))

    location, cookies = led("/oauth2callback", {"cookie": kept})
    assert location == page
    assert cookies[1].startswith(f"{RETURN_COOKIE}=; Max-Age=0")


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
    assert led("/oauth2callback", {"cookie": f"{RETURN_COOKIE}={quote(page, safe='')}"})[0] == "/"


@pytest.mark.parametrize("referer", ["https://evil.example/rows", f"https://{HOST}.evil.example/", "", "x"])
def test_a_page_of_another_server_is_not_kept(referer):
    assert led("/auth/login", {"referer": referer})[1] == ["other=1"]


def test_other_answers_stay_as_they_are():
    assert led("/rows", {"cookie": f"{RETURN_COOKIE}=%2Frows"}) == ("/", ["other=1"])
