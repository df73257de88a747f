"""Whose a session is: known by a cookie that the server has given the browser."""

import uuid
from hashlib import sha256
from typing import Final

import streamlit as st

COOKIE: Final = "sparklime_person"
"""Name of the cookie by which a browser's tables are known as its own; its value is random."""


def person() -> str:
    """Return a name for the person of this session, by which the queue is fair between people.

    It is the browser's in all of its tabs, and of this session alone where the browser keeps no cookies.
    """
    found: str = st.session_state.setdefault("person", owner() or uuid.uuid4().hex)
    return found


def owner() -> str:
    """Return whose the workspaces of this session are: a digest of the browser's cookie; ``""`` without one."""
    cookie = st.context.cookies.get(COOKIE)
    return sha256(cookie.encode()).hexdigest() if cookie else ""
