"""The account of a session: who may go on to the pages, the sign-in button of who may not, and signing out."""

from typing import Final

import streamlit as st

from sparklime_core.dashboard.shared.errors import show_error
from sparklime_core.dashboard.shared.services import needs_sign_in, services
from sparklime_core.dashboard.shared.sign_in import providers
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.errors import SignInError, SparkLimeError

_WHOSE: Final = "signed-in-as"


def is_let_in() -> bool:
    """Return whether this session may see the pages. What another person has left in the session is forgotten."""
    try:
        person = services().person
    except SparkLimeError:
        if _WHOSE in st.session_state:
            st.session_state.clear()
        return False
    if person.is_signed_in and st.session_state.setdefault(_WHOSE, person.id) != person.id:
        st.session_state.clear()
        st.session_state[_WHOSE] = person.id
    return True


def sign_in_page() -> None:
    """Draw a button per sign-in service, and nothing else.

    Raises
    ------
    SparkLimeError
        When sign-in is set up so that nobody can be let in.
    """
    st.title("SparkLIME", anchor=False)
    needs_sign_in()
    if st.user.to_dict().get("is_logged_in"):
        _explain_refusal()
        return
    for name in providers():
        label = f"Sign in with {plain(name)}" if name else "Sign in"
        st.button(
            label,
            type="primary",
            icon=":material/login:",
            key=f"sign-in-{name}",
            on_click=st.login,
            args=(name,) if name else (),
        )


def account_panel() -> None:
    """Say who is signed in, and offer to sign out; nothing where people do not sign in."""
    person = services().person
    if not person.is_signed_in:
        return
    with st.container(gap="xsmall"):
        st.text(person.name + (" · operator" if person.is_operator else ""))
        if person.email not in ("", person.name):
            st.text(person.email)
        st.button("Sign out", icon=":material/logout:", key="sign-out", on_click=st.logout)


def _explain_refusal() -> None:
    try:
        services()
    except SignInError as error:
        show_error(str(error))
    st.button("Sign out", icon=":material/logout:", key="sign-out", on_click=st.logout)
