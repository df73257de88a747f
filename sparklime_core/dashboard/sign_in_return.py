"""`SignInReturn`: whoever signs in comes back to the page that they asked for.

Streamlit leads to the start page after a sign-in. The page asked for is kept meanwhile in a cookie of the browser.
"""

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "sparklime_asked"
SECONDS: Final = 900
"""How long a sign-in may take."""

LONGEST: Final = 3000
"""Characters of an address that the cookie holds; after a longer one the start page is shown."""

LOGIN, CALLBACK = "/auth/login", "/oauth2callback"

_OWN_ADDRESS = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path and query of this server: another name, or what a browser takes for one, does not match."""


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
        _set_cookie(message, quote(address, safe=""), SECONDS)


def _lead_back(asking: Headers, message: Message) -> None:
    """Lead on to the page that was kept, in place of the start page; it is led to once."""
    kept = unquote(cookie_parser(asking.get("cookie", "")).get(COOKIE, ""))
    answer = MutableHeaders(raw=message["headers"])
    if kept and _is_own(kept) and "location" in answer:
        answer["location"] = kept
    _set_cookie(message, "", 0)


def _is_own(address: str) -> bool:
    return len(quote(address, safe="")) <= LONGEST and _OWN_ADDRESS.fullmatch(address) is not None


def _set_cookie(message: Message, value: str, seconds: int) -> None:
    headers = MutableHeaders(raw=message["headers"])
    headers.append("set-cookie", f"{COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax")
    message["headers"] = headers.raw
