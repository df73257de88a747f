"""What all sessions of a server share."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from sparklime_core.dashboard.shared import services
from sparklime_core.dashboard.shared.services import Server, Services
from sparklime_core.runs.access import ANYBODY, Person
from sparklime_core.runs.store import RunStore


@pytest.mark.parametrize(("runs", "factor"), [(0, 1), (1, 1), (2, 1), (3, 2), (5, 2), (6, 4), (10, 4), (12, 8)])
def test_pages_look_more_seldom_the_more_runs_are_looked_at(
    runs: int, factor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "active", lambda _: runs)

    assert Services(Server(RunStore(tmp_path)), ANYBODY).poll_factor() == factor


def test_a_race_of_another_account_is_found_by_nobody_but_operators(tmp_path: Path) -> None:
    server = Server(RunStore(tmp_path))
    ann, ben = Person("ann", is_signed_in=True), Person("ben", is_signed_in=True)
    chosen = Services(server, ann).keep_study("a race")
    whole = [ann, Person("olga", is_signed_in=True, is_operator=True), Person("a browser, where nobody signs in")]

    assert [Services(server, person).kept_study(chosen) for person in whole] == ["a race"] * 3
    assert Services(server, ben).kept_study(chosen) is None
    assert Services(server, ben).kept_study("unknown") is None


def test_the_server_outlives_what_any_browser_can_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    services._made_once.cache_clear()
    before = services._server()
    st.cache_resource.clear()  # what a session's message to Streamlit does, without a sign-in
    assert services._server() is before
    services._made_once.cache_clear()


@pytest.mark.parametrize(("is_imported", "waits"), [(True, []), (False, [services.LET_DRAW_SECONDS])])
def test_only_a_new_server_waits_for_the_browser_and_only_once(
    is_imported: bool, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sklearn

    waited: list[float] = []
    monkeypatch.setattr(services, "time", SimpleNamespace(sleep=waited.append))
    if is_imported:
        monkeypatch.setitem(sys.modules, "sklearn", sklearn)
    else:
        monkeypatch.delitem(sys.modules, "sklearn")
    services.let_draw.cache_clear()
    services.let_draw()
    services.let_draw()

    assert waited == waits
