"""Sign-in: whether the operator has set it up, and whose a session is: an account's, or a browser's by cookie."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import streamlit as st

from sparklime_core.errors import MissingExtraError, RunError, SettingsError, SignInError
from sparklime_core.printable import printable
from sparklime_core.runs.access import Person, address, operators

COOKIE: Final = "sparklime_person"
"""Name of the cookie by which a browser's tables are known as its own; its value is random."""

OPERATORS: Final = "SPARKLIME_OPERATORS"
"""Addresses of the people who see and change everything, separated by commas."""

LONGEST_NAME: Final = 80
SHARED_SETTINGS: Final = ("redirect_uri", "cookie_secret")
PROVIDER_SETTINGS: Final = ("client_id", "client_secret", "server_metadata_url")
CLIENT_OPTIONS: Final = "client_kwargs"
"""Options of a service's client in a section of their own: no service."""

CALLBACK: Final = "/oauth2callback"
SHORTEST_SECRET: Final = 32
"""Characters of ``cookie_secret``: a person who guesses it signs in as anybody."""


def visitor(*, must_sign_in: bool) -> Person:
    """Return the person of this session.

    Raises
    ------
    SignInError
        When people must sign in, and nobody has in this session, or the account has no identity.
    """
    if must_sign_in:
        return account(st.user.to_dict(), os.environ.get(OPERATORS, ""))
    cookie = st.context.cookies.get(COOKIE)
    if cookie:
        return Person(sha256(cookie.encode()).hexdigest())
    return Person(session=st.session_state.setdefault("person", uuid.uuid4().hex))


def account(claims: Mapping[str, Any], named: str = "") -> Person:
    """Return the person of an ID token: known by ``iss`` and ``sub``, which no other account ever has.

    Parameters
    ----------
    claims
        The token's claims, and ``is_logged_in``.
    named
        The operators' addresses, separated by commas.

    Raises
    ------
    SignInError
        When nobody is signed in, or the claims do not say who it is.
    """
    if claims.get("is_logged_in") is not True:
        raise SignInError("Sign in first.")
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        raise SignInError(
            "The sign-in service does not say which account this is (iss and sub); ask the operator."
        )
    email = _verified_email(claims)
    name = claims.get("name") or claims.get("preferred_username") or email or "somebody without a name"
    return Person(
        sha256(json.dumps([issuer, subject]).encode()).hexdigest(),
        printable(" ".join(str(name).split()), LONGEST_NAME),
        email,
        is_signed_in=True,
        is_operator=bool(email) and email in operators(named),
    )


def _verified_email(claims: Mapping[str, Any]) -> str:
    """Return the account's address; none where the service says that it has not verified it."""
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified", True) not in (True, "true"):
        return ""
    try:
        return address(email)
    except RunError:
        return ""


def is_configured() -> bool:
    """Return whether the operator has people sign in.

    Raises
    ------
    SparkLimeError
        When the operator wants it, but it cannot be done as it is set up. Nobody may be let in then.
    """
    named = os.environ.get(OPERATORS, "")
    operators(named)
    section = _auth_section()
    if section is None:
        if named.strip():
            raise SettingsError(
                f"{OPERATORS} names operators, but nobody can sign in: .streamlit/secrets.toml has no [auth]. "
                "Nobody is let in; see docs/deploying.md."
            )
        return False
    if find_spec("authlib") is None or find_spec("httpx") is None:
        raise MissingExtraError("Sign-in needs the package authlib: pip install 'sparklime[signin]'.")
    _check(section)
    return True


def providers() -> list[str]:
    """Return the names of the sign-in services, each of a section ``[auth.name]``; ``""`` for ``[auth]`` alone."""
    return sorted(_named_services(_auth_section() or {})) or [""]


def _named_services(section: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        name: value for name, value in section.items() if isinstance(value, Mapping) and name != CLIENT_OPTIONS
    }


def _auth_section() -> Mapping[str, Any] | None:
    try:
        section = st.secrets.get("auth")
    except FileNotFoundError as error:  # also of a file that is there, and cannot be read
        _check_no_file(error)
        return None
    if section is not None and not isinstance(section, Mapping):
        raise SettingsError("In .streamlit/secrets.toml, auth is no section; nobody is let in.")
    return section


def _check_no_file(error: Exception) -> None:
    for path in map(Path, st.get_option("secrets.files")):
        try:
            is_there = path.exists()
        except OSError:
            is_there = True
        if is_there:
            raise SettingsError(f"The file {str(path)!r} cannot be read; nobody is let in.") from error


def _check(section: Mapping[str, Any]) -> None:
    """Raise `SettingsError` when the section lacks something, or its secret is easily guessed."""
    named = _named_services(section)
    unfit = next((name for name in named if "_" in name), None)
    if unfit is not None:
        raise SettingsError(
            f"Sign-in: the name of [auth.{unfit}] in .streamlit/secrets.toml must have no underscore."
        )
    _check_settings("auth", section, SHARED_SETTINGS)
    for place, settings in {f"auth.{name}": value for name, value in named.items()}.items() or [("auth", section)]:
        _check_settings(place, settings, PROVIDER_SETTINGS)
    if not section["redirect_uri"].endswith(CALLBACK):
        raise SettingsError(f"Sign-in: redirect_uri in .streamlit/secrets.toml must end in {CALLBACK}.")
    if len(section["cookie_secret"]) < SHORTEST_SECRET:
        raise SettingsError(
            f"Sign-in: cookie_secret in .streamlit/secrets.toml must have at least {SHORTEST_SECRET} characters; "
            "python -c 'import secrets; print(secrets.token_hex(32))' makes one."
        )


def _check_settings(place: str, settings: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if not isinstance(settings.get(name), str) or not settings[name].strip():
            raise SettingsError(f"Sign-in lacks {name} in [{place}] of .streamlit/secrets.toml.")
