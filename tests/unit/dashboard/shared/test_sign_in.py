"""Who signs in, by which settings, and whose a session is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit import config
from streamlit.runtime.secrets import Secrets, secrets_singleton

from sparklime_core.dashboard.shared import sign_in
from sparklime_core.dashboard.shared.sign_in import OPERATORS, account
from sparklime_core.errors import SignInError, SparkLimeError

WHOLE = {
    "redirect_uri": "https://lime.example.org/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": "lime",
    "client_secret": "secret",
    "server_metadata_url": "https://a.example/.well-known/openid-configuration",
}
Write = Callable[[str], Path]
CLAIMS = {"is_logged_in": True, "iss": "https://a.example", "sub": "1", "name": "Ann", "email": "Ann@x.org"}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Let Streamlit's secrets be of a folder of the test, and write them."""
    file, before = tmp_path / "secrets.toml", config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    monkeypatch.setattr(secrets_singleton, "_secrets", None)
    monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda _: None)
    monkeypatch.setattr(Secrets, "_maybe_set_environment_variable", lambda *_: None)
    monkeypatch.delenv(OPERATORS, raising=False)

    def write(text: str) -> Path:
        file.write_text(text)
        return file

    yield write
    config.set_option("secrets.files", before)


def toml(section: str, **settings: object) -> str:
    return f"[{section}]\n" + "".join(
        f'{name} = "{value}"\n' for name, value in settings.items() if value is not None
    )


def test_without_settings_nobody_signs_in(write: Write) -> None:
    assert not sign_in.is_configured()


def test_secrets_of_something_else_are_none_of_its(write: Write) -> None:
    write(toml("database", password="x"))
    assert not sign_in.is_configured()


def test_one_service_has_no_name(write: Write) -> None:
    write(toml("auth", **WHOLE))
    assert sign_in.is_configured()
    assert sign_in.providers() == [""]


def test_several_services_have_names(write: Write) -> None:
    shared = {name: WHOLE[name] for name in sign_in.SHARED_SETTINGS}
    own = {name: WHOLE[name] for name in sign_in.PROVIDER_SETTINGS}
    write(toml("auth", **shared) + toml("auth.two", **own) + toml("auth.one", **own))
    assert sign_in.is_configured()
    assert sign_in.providers() == ["one", "two"]


def test_options_of_a_client_are_no_service(write: Write) -> None:
    write(toml("auth", **WHOLE) + '[auth.client_kwargs]\nprompt = "login"\n')
    assert sign_in.is_configured()
    assert sign_in.providers() == [""]


def test_a_name_that_streamlit_refuses_is_refused_at_the_start(write: Write) -> None:
    write(toml("auth", **WHOLE) + toml("auth.my_company", **WHOLE))
    with pytest.raises(SparkLimeError, match=r"\[auth.my_company\] .* must have no underscore"):
        sign_in.is_configured()


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [None, " "])
def test_what_is_missing_is_named(write: Write, name: str, value: str | None) -> None:
    write(toml("auth", **{**WHOLE, name: value}))
    with pytest.raises(SparkLimeError, match=f"Sign-in lacks {name} in "):
        sign_in.is_configured()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cookie_secret", "x" * 31, "at least 32 characters"),
        ("redirect_uri", "https://x", "must end in /oauth2callback"),
    ],
)
def test_what_is_unsafe_or_wrong_is_refused(write: Write, name: str, value: str, said: str) -> None:
    write(toml("auth", **{**WHOLE, name: value}))
    with pytest.raises(SparkLimeError, match=said):
        sign_in.is_configured()


@pytest.mark.parametrize("text", ["[auth", 'auth = "yes"', ""])
def test_a_file_that_is_damaged_or_empty_opens_no_door(
    write: Write, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(text)
    monkeypatch.setenv(OPERATORS, "olga@x.org")
    with pytest.raises(SparkLimeError, match="nobody can sign in" if not text else "nobody is let in"):
        sign_in.is_configured()


def test_a_damaged_file_alone_opens_no_door(write: Write) -> None:
    write("[auth")
    with pytest.raises(SparkLimeError, match=r"secrets\.toml' cannot be read; nobody is let in"):
        sign_in.is_configured()


def test_operators_without_sign_in_open_no_door(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPERATORS, "olga@x.org")
    with pytest.raises(SparkLimeError, match=r"SPARKLIME_OPERATORS names operators, but nobody can sign in"):
        sign_in.is_configured()
    monkeypatch.setenv(OPERATORS, "olga")
    with pytest.raises(SparkLimeError, match="'olga' is no e-mail address"):
        sign_in.is_configured()


def test_without_the_package_nobody_is_let_in(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(toml("auth", **WHOLE))
    monkeypatch.setattr(sign_in, "find_spec", lambda _: None)
    with pytest.raises(SparkLimeError, match=r"sparklime\[signin\]"):
        sign_in.is_configured()


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
