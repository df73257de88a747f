"""People: who may see the pages, signing in and out, whose a run or a table is, and with whom it is shared."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urljoin

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.messages import plain, show_error, shown_errors
from sparklime_core.dashboard.shared.services import needs_sign_in, services
from sparklime_core.dashboard.shared.sign_in import providers
from sparklime_core.errors import SignInError, SparkLimeError
from sparklime_core.runs.access import Access, Person
from sparklime_core.runs.run import Run
from sparklime_core.wording import count

_WHOSE: Final = "signed-in-as"


def is_let_in() -> bool:
    """Return whether this session may see the pages; a session of another person is cleared."""
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
    """Show who is signed in, and the button to sign out; nothing without sign-in."""
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


def owner_name(access: Access, person: Person) -> str:
    """Return the owner's name, as this person reads it."""
    if access.is_of(person):
        return "you"
    return access.name or access.email or "nobody"


def access_caption(run: Run) -> None:
    """Show the owner of a run and, to people who may change it, with whom it is shared."""
    person = services().person
    if not person.is_signed_in:
        return
    access = run.guard.access()
    address = f" ({access.email})" if access.name and access.email and not access.is_of(person) else ""
    parts = [f"Owner: {owner_name(access, person)}{address}"]
    if access.shared_with_all:
        parts.append("shared with everybody who is signed in")
    elif access.shared_with and access.lets_change(person):
        parts.append(f"shared with {count(len(access.shared_with), 'person', 'people')}")
    st.text(" · ".join(parts))  # Markdown would make links of addresses


def share_run_button(run: Run) -> None:
    """Draw the button to share a run, for people who may change it; operators may give it to another person."""
    if not services().person.is_signed_in or not services().may_change(run.id):
        return
    if st.button("Share …", icon=":material/group_add:"):
        _share_run(run.id)


def share_workspace_button(page: str) -> None:
    """Draw the button to share this session's table and model; the link opens a page."""
    found, person = workspace.kept(), services().person
    if found is None or not person.is_signed_in or not found.facts.access.lets_change(person):
        return
    if st.button("Share …", icon=":material/group_add:", help="Let other people open this table and its model."):
        _share_workspace(found.key, page)


@st.dialog("Share this run")
def _share_run(run_id: str) -> None:
    store = services().store
    access = store.open_own(run_id).guard.access()
    _share_form(
        f"rows?run={quote(run_id)}",
        access,
        lambda addresses, with_all: store.share(run_id, addresses, with_all=with_all),
    )
    if store.person.is_operator:
        with st.form("give", border=False):
            email = st.text_input("Owner, by e-mail", access.email, help="The run then belongs to this person.")
            if st.form_submit_button("Give to this person", icon=":material/person:"):
                with shown_errors():
                    store.give(run_id, email)
                    st.rerun()


@st.dialog("Share this table and its model")
def _share_workspace(key: str, page: str) -> None:
    workspaces = services().workspaces
    _share_form(
        f"{page}?{workspace.ADDRESS}={key}",
        workspaces.open(key).facts.access,
        lambda addresses, with_all: workspaces.share(key, addresses, with_all=with_all),
    )


def _share_form(link: str, access: Access, share: Callable[[str, bool], None]) -> None:
    with st.form("share", border=False):
        addresses = st.text_area(
            "People, by e-mail",
            "\n".join(access.shared_with),
            help="One per line. They may look and download, and not change, cancel or delete.",
        )
        with_all = st.toggle("Everybody who is signed in", access.shared_with_all)
        sent = st.form_submit_button("Share", type="primary", icon=":material/check:")
    st.caption("The link, which opens it for these people alone")
    st.code(urljoin(st.context.url or "", link), language=None, wrap_lines=True)
    if sent:
        with shown_errors():
            share(addresses, bool(with_all))
            st.rerun()
