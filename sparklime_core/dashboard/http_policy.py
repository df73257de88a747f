"""`HttpPolicy`: what the dashboard's server adds to Streamlit's answers, and what it does not answer."""

import json
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

POLICY: Final = "Content-Security-Policy"

HEADERS: Final = {
    POLICY: "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""No other site shows the dashboard in a frame, where a click could be led astray."""

CLOSED: Final = ("/_stcore/metrics", "/_stcore/agent")
"""Streamlit's statistics, and its way in for programs: nobody here needs them."""


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
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    if name not in headers or name == POLICY:  # of several policies all hold
                        headers.append(name, value)
            await send(message)

        if not is_host_allowed(Headers(scope=scope).get("host")):
            await _refuse(
                send_with_headers, 400, "This server does not answer under this name; see docs/security.md."
            )
        elif any(path in scope["path"] for path in CLOSED):
            await _refuse(send_with_headers, 404, "There is nothing here.")
        else:
            await self._app(scope, receive, send_with_headers)


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
