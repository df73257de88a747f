"""Pages where people sign in: nothing before it, and afterwards what the person may see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparklime_core.dashboard.shared import services, sign_in
from sparklime_core.errors import SettingsError
from sparklime_core.runs.access import ACCESS_FILE, Access, Person
from tests.app.conftest import APP, OpenPage, Runs, forget, words

ANN, BEN = (Person(f"id of {name}", name, f"{name}@x.org", is_signed_in=True) for name in ("Ann", "Ben"))
OLGA = Person("id of Olga", "Olga", "olga@x.org", is_signed_in=True, is_operator=True)
PAGES = sorted(path.stem for path in (Path(APP).parent / "pages" / "views").glob("*.py"))
OF_A_RUN = ("rows", "overview", "workers", "explain", "compare_rows", "compare_runs")
REFUSED = "There is no run '{}' in the store, or it is another person's."

Become = Callable[[Person], None]


@pytest.fixture
def signs_in(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Become]:
    """Let the server have people sign in, with one run of Ann's; nobody is in at first."""
    monkeypatch.setattr(services, "is_configured", lambda: True)
    monkeypatch.setattr(sign_in, "_auth_section", dict)
    forget()
    Access.of(ANN).write(runs.classes.folder)
    yield lambda who: monkeypatch.setattr(sign_in, "account", lambda *_: who)
    (runs.classes.folder / ACCESS_FILE).unlink()
    forget()


@pytest.mark.parametrize("name", PAGES)
def test_before_the_sign_in_a_page_has_the_button_alone(
    signs_in: Become, runs: Runs, open_page: OpenPage, name: str
) -> None:
    app = open_page(name, run=runs.classes.id)

    assert [button.label for button in app.button] == ["Sign in"]
    assert words(app).strip() == "SparkLIME"
    assert not app.sidebar.children
    assert not [*app.dataframe, *app.get("page_link"), *app.get("file_uploader")]


@pytest.mark.parametrize("name", OF_A_RUN)
def test_a_link_to_another_persons_run_opens_nothing(
    signs_in: Become, runs: Runs, open_page: OpenPage, name: str
) -> None:
    signs_in(BEN)
    app = open_page(name, run=runs.classes.id, **{"with": runs.all_labels.id})

    assert REFUSED.format(runs.classes.id) in words(app)
    assert "breast" not in words(app).replace(runs.classes.id, "")


@pytest.mark.parametrize("name", ["race", "tuning"])
def test_a_study_is_offered_no_run_of_another_person(
    signs_in: Become, runs: Runs, open_page: OpenPage, name: str
) -> None:
    signs_in(BEN)
    app = open_page(name, run=runs.classes.id)

    assert REFUSED.format(runs.classes.id) in words(app)
    assert not [box for box in app.selectbox if box.key == f"{name}-subject"]
    assert "breast" not in words(app).replace(runs.classes.id, "")


def test_lists_have_what_the_person_may_see(signs_in: Become, runs: Runs, open_page: OpenPage) -> None:
    signs_in(ANN)
    app = open_page("runs")
    assert list(app.dataframe[0].value["owner"]) == ["you"]
    signs_in(OLGA)
    app = open_page("runs")
    assert sorted(app.dataframe[0].value["owner"]) == ["Ann", *["nobody"] * 3]
    signs_in(BEN)
    for name in ("runs", "start"):
        app = open_page(name)
        assert not app.dataframe
        assert "breast" not in words(app)


def test_the_session_of_another_person_is_forgotten(signs_in: Become, runs: Runs, open_page: OpenPage) -> None:
    signs_in(ANN)
    app = open_page("rows", run=runs.classes.id, row=3)
    assert app.session_state["run"] == runs.classes.id
    signs_in(BEN)
    app.query_params.clear()
    app.run()
    assert "run" not in app.session_state
    assert "row" not in app.session_state


def test_a_server_that_cannot_have_people_sign_in_says_why_and_shows_nothing(
    runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> bool:
        raise SettingsError("Sign-in lacks client_id.")

    monkeypatch.setattr(services, "is_configured", refuse)
    forget()
    app = open_page("runs")
    assert words(app).split() == ["SparkLIME", *["Sign-in", "lacks", "client_id."]]
    assert not [*app.button, *app.dataframe]
