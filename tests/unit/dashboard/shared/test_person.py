"""Whose a session is, from the claims of an ID token."""

import pytest

from sparklime_core.dashboard.shared.person import account
from sparklime_core.errors import SignInError

CLAIMS = {"is_logged_in": True, "iss": "https://a.example", "sub": "1", "name": "Ann", "email": "Ann@x.org"}


def test_an_account_is_known_by_issuer_and_subject_alone():
    ann = account(CLAIMS)
    assert (ann.name, ann.email, ann.is_signed_in, ann.is_operator) == ("Ann", "ann@x.org", True, False)
    assert account({**CLAIMS, "name": "Anna", "email": "other@x.org"}).id == ann.id
    others = [{"sub": "2"}, {"iss": "https://b.example"}, {"iss": "https://a.example1", "sub": ""}, {"sub": '1"]'}]
    ids = set()
    for change in others:
        try:
            ids.add(account({**CLAIMS, **change}).id)
        except SignInError:
            continue
    assert len(ids) == 3
    assert ann.id not in ids


@pytest.mark.parametrize(
    "change",
    [
        {"is_logged_in": False},
        {"is_logged_in": None},
        {"is_logged_in": "yes"},
        {"iss": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_without_an_identity_nobody_is_let_in(change):
    with pytest.raises(SignInError):
        account({**CLAIMS, **change})
    with pytest.raises(SignInError, match="Sign in first"):
        account({})


@pytest.mark.parametrize(
    ("verified", "email"),
    [(True, "ann@x.org"), ("true", "ann@x.org"), (False, ""), ("false", ""), (None, ""), (0, ""), ("no", "")],
)
def test_an_address_counts_unless_it_is_said_not_to_be_verified(verified, email):
    person = account({**CLAIMS, "email_verified": verified}, "ann@x.org")
    assert (person.email, person.is_operator) == (email, bool(email))


@pytest.mark.parametrize("email", ["no address", "", None, 7, "a@b, ann@x.org"])
def test_what_is_no_address_is_none(email):
    assert account({**CLAIMS, "email": email}, "ann@x.org").email == ""


def test_a_name_is_one_printable_line():
    assert account({**CLAIMS, "name": "A\nB\u202e"}).name == "A B\\u202e"
    assert len(account({**CLAIMS, "name": "x" * 500}).name) == 80
    assert account({**CLAIMS, "name": None, "email": None}).name == "somebody without a name"
