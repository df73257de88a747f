"""A sign-in service of OpenID Connect for tests: it really signs, and lets whoever asks choose an account."""

import base64
import contextlib
import html
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "sparklime", "the-secret-of-the-client"
CREDENTIALS = f"{CLIENT}:{SECRET}".encode()
START_SECONDS = 240

ACCOUNTS: dict[str, dict[str, Any]] = {
    "Ann": {"sub": "1", "name": "Ann **Bold** <b>", "email": "ann@example.org", "email_verified": True},
    "Ben": {"sub": "2", "name": "Ben", "email": "Ben@example.org"},
    "Olga": {"sub": "3", "name": "Olga", "email": "olga@example.org", "email_verified": True},
    "Eve": {"sub": "4", "name": "Ben", "email": "ben@example.org", "email_verified": False},
}
"""Claims of each account; Eve only says that Ben's address is hers."""


class SignInService:
    """The service. A code is good for once, for the address that it was asked for, and who knows the secret."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self._key = RSAKey.generate_key(2048, {"kid": "one"})
        self._codes: dict[str, tuple[str, dict[str, str]]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._keys),
                Route("/end", self._end),
            ]
        )

    def claims(self, account: str) -> dict[str, Any]:
        """Return what a session of the client knows of who signs in with an account."""
        return {"is_logged_in": True, "iss": self.issuer, **ACCOUNTS[account]}

    def secrets_toml(self) -> str:
        """Return the client's settings, for ``.streamlit/secrets.toml``."""
        settings = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": secrets.token_hex(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
        }
        return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())

    def _metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT
        links = []
        for account in ACCOUNTS:
            code = secrets.token_urlsafe(16)
            self._codes[code] = (account, asked)
            query = urlencode({"code": code, "state": asked["state"]})
            links.append(f'<a href="{html.escape(asked["redirect_uri"])}?{html.escape(query)}">{account}</a>')
        return HTMLResponse("<title>Who are you?</title>" + " ".join(links))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == CREDENTIALS
        account, asked = self._codes.pop(str(form["code"]))
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 3600,
            "nonce": asked["nonce"],
            **ACCOUNTS[account],
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        return JSONResponse(
            {"access_token": "none", "token_type": "Bearer", "expires_in": 3600, "id_token": token}
        )

    def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def _end(self, request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], status_code=302)


@contextlib.contextmanager
def running_sign_in_service() -> Iterator[SignInService]:
    """Yield a service that answers, in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        service = SignInService(listening.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(service.app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("The sign-in service did not start.")
            time.sleep(0.02)
        try:
            yield service
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
