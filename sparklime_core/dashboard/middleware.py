"""What the server adds to Streamlit's answers: `HttpPolicy`, and `SignInReturn` to the page that was asked for."""

import json
import re
import secrets
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from sparklime_core.dashboard.shared.sign_in import COOKIE

POLICY: Final = "Content-Security-Policy"
HEADERS: Final = {
    POLICY: "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""No other site shows the dashboard in a frame, where a click could be led astray."""

UNCHANGED: Final = 304
"""Status of an answer without a type: the browser shows the page that it has kept."""

COOKIE_SECONDS: Final = 400 * 86_400
"""How long a browser keeps it after the last page; browsers allow no more."""

_COOKIE_VALUE = re.compile(r"[\w-]{43}")
CLOSED: Final = ("/_stcore/metrics", "/_stcore/agent")
"""Streamlit's statistics, and its way in for programs: nobody here needs them."""

RETURN_COOKIE: Final = "sparklime_asked"
SIGN_IN_SECONDS: Final = 900
"""How long a sign-in may take."""

LONGEST_ADDRESS: Final = 3000
"""Characters of an address that the cookie holds; after a longer one the start page is shown."""

LOGIN, CALLBACK = "/auth/login", "/oauth2callback"
_OWN_ADDRESS = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path and query of this server: another name, or what a browser takes for one, does not match."""


class HttpPolicy:
    """A middleware of ASGI.

    Streamlit holds ``server.allowedHosts`` against the requests of its sessions alone; here it holds for all, so
    that a web site that has its own name point to this machine gets nothing.

    Parameters
    ----------
    app
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        if not is_host_allowed(Headers(scope=scope).get("host")):
            await _refuse(
                send_with_headers, 400, "This server does not answer under this name; see docs/security.md."
            )
        elif any(path in scope["path"] for path in CLOSED):
            await _refuse(send_with_headers, 404, "There is nothing here.")
        else:
            await self._app(scope, receive, send_with_headers)


def _add_headers(headers: MutableHeaders, scope: Scope, status: int) -> None:
    for name, value in HEADERS.items():
        if name not in headers or name == POLICY:  # of several policies all hold
            headers.append(name, value)
    is_page = headers.get("content-type", "").startswith("text/html")
    if is_page or (status == UNCHANGED and _asks_for_a_page(scope)):
        headers.append("Set-Cookie", _cookie(scope))


def _asks_for_a_page(scope: Scope) -> bool:
    """Return whether a browser opens a page: it may have kept the page, and have lost its cookies."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _cookie(scope: Scope) -> str:
    """Return a browser's cookie, renewed, or a new one. Scripts cannot read it, and other sites do not send it."""
    # As Streamlit reads them. Python's own parser stops, or raises an error, at a foreign cookie of an odd name.
    before = cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE, "")
    value = before if _COOKIE_VALUE.fullmatch(before) else secrets.token_urlsafe(32)
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{COOKIE}={value}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class SignInReturn:
    """A middleware of ASGI.

    Parameters
    ----------
    app
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"] if scope["type"] == "http" else ""

        async def send_led(message: Message) -> None:
            if message["type"] == "http.response.start":
                (_remember if path.endswith(LOGIN) else _lead_back)(Headers(scope=scope), message)
            await send(message)

        await self._app(scope, receive, send_led if path.endswith((LOGIN, CALLBACK)) else send)


def _remember(asking: Headers, message: Message) -> None:
    """Keep the page on which the sign-in button was pressed."""
    page = urlsplit(asking.get("referer", ""))
    address = f"{page.path}?{page.query}" if page.query else page.path
    if page.netloc == asking.get("host") and _is_own(address):
        _set_cookie(message, quote(address, safe=""), SIGN_IN_SECONDS)


def _lead_back(asking: Headers, message: Message) -> None:
    """Redirect to the page that was kept in place of the start page, once."""
    kept = unquote(cookie_parser(asking.get("cookie", "")).get(RETURN_COOKIE, ""))
    answer = MutableHeaders(raw=message["headers"])
    if kept and _is_own(kept) and "location" in answer:
        answer["location"] = kept
    _set_cookie(message, "", 0)


def _is_own(address: str) -> bool:
    return len(quote(address, safe="")) <= LONGEST_ADDRESS and _OWN_ADDRESS.fullmatch(address) is not None


def _set_cookie(message: Message, value: str, seconds: int) -> None:
    headers = MutableHeaders(raw=message["headers"])
    headers.append("set-cookie", f"{RETURN_COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax")
    message["headers"] = headers.raw
