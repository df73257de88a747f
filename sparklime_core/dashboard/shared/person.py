"""Whose a session is: of the account with which a person has signed in, or of the browser, known by a cookie."""

import json
import os
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import streamlit as st

from sparklime_core.errors import RunError, SignInError
from sparklime_core.printable import printable
from sparklime_core.runs.access import Person, address, operators

COOKIE: Final = "sparklime_person"
"""Name of the cookie by which a browser's tables are known as its own; its value is random."""

OPERATORS: Final = "SPARKLIME_OPERATORS"
"""Addresses of the people who see and change everything, separated by commas."""

LONGEST_NAME: Final = 80


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
