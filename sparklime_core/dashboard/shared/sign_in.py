"""Sign-in: whether the operator has set it up, who is signed in, and the one button of who is not."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import streamlit as st

from sparklime_core.dashboard.shared.person import OPERATORS
from sparklime_core.errors import MissingExtraError, SettingsError
from sparklime_core.runs.access import operators

SHARED_SETTINGS: Final = ("redirect_uri", "cookie_secret")
PROVIDER_SETTINGS: Final = ("client_id", "client_secret", "server_metadata_url")
CLIENT_OPTIONS: Final = "client_kwargs"
"""Options of a service's client in a section of their own: no service."""

CALLBACK: Final = "/oauth2callback"
SHORTEST_SECRET: Final = 32
"""Characters of ``cookie_secret``: whoever guesses it signs in as anybody."""


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
