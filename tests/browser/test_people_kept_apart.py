"""People who sign in with a real service, two of them and an operator: each sees what is theirs or shared."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from sparklime_core.dashboard.shared.sign_in import account
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.access import Access, Person
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.browser.server import Server, running_server
from tests.browser.sign_in_service import SignInService, running_sign_in_service
from tests.browser.steps import (
    answered,
    heading,
    press,
    query_of,
    settled,
    shown,
    visit,
)
from tests.finished_run import make_run

REFUSED = "or it is another person's"


@dataclass(frozen=True)
class World:
    """A server that has people sign in, and runs of theirs."""

    server: Server
    service: SignInService
    anns: Run
    nobodys: Run

    def person(self, name: str) -> Person:
        return account(self.service.claims(name))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    store, dataset = RunStore(home / "runs"), load_sample("penguins")
    model = train_forest(dataset, n_estimators=5)
    with running_sign_in_service() as service:
        (home / "secrets.toml").write_text(service.secrets_toml())
        ann = account(service.claims("Ann"))
        anns, nobodys = (make_run(view, dataset, model, 12) for view in (store.of(ann), store))
        store.rename(anns.id, "anns birds")
        store.rename(nobodys.id, "nobodys birds")
        with running_server(home, {"SPARKLIME_OPERATORS": "olga@example.org"}) as server:
            yield World(server, service, anns, nobodys)


def sign_in(page: Page, address: str, name: str) -> None:
    """Open an address, see the button and nothing else, and sign in."""
    page.goto(address)
    heading(page, "SparkLIME")
    settled(page)
    expect_sign_in_alone(page)
    assert "birds" not in page.content()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    settled(page)


def sign_out(page: Page) -> None:
    """Sign out, and see the button alone again."""
    page.get_by_role("button", name="Sign out").click()
    expect_sign_in_alone(page)
    settled(page)


def expect_sign_in_alone(page: Page) -> None:
    """Wait until the page has the button, and no other one and no link but Streamlit's own to its content."""
    expect(page.get_by_test_id("stApp").get_by_test_id("stButton")).to_have_text([re.compile("Sign in")])
    expect(page.get_by_role("link")).to_have_text(["Skip to main content"])


def test_each_sees_what_is_theirs_and_what_is_shared_with_them(world: World, new_page: Callable[[], Page]) -> None:
    url, run_id = world.server.url, world.anns.id

    # A cold server and a deep link: first the button, then the page that was asked for.
    ann = new_page()
    sign_in(ann, f"{url}/rows?run={run_id}&row=3", "Ann")
    heading(ann, "Rows")
    expect(ann.get_by_role("heading", name="Row 3", exact=True)).to_be_visible()
    assert query_of(ann)["run"] == [run_id]
    expect(ann.get_by_test_id("stSidebar").get_by_text("Ann **Bold** <b>")).to_be_visible()

    # Another person: not by the link (of each page: tests/app/test_people.py), not in a list.
    ben = new_page()
    sign_in(ben, f"{url}/rows?run={run_id}", "Ben")
    expect(shown(ben, REFUSED)).to_be_visible()
    assert "birds" not in ben.content()
    visit(ben, f"{url}/runs?run={run_id}", "Runs")
    expect(shown(ben, "There is no run yet")).to_be_visible()
    assert "birds" not in ben.content()

    # An address that the service has not verified opens nothing.
    share(ann, url, run_id, "ben@example.org")
    eve = new_page()
    sign_in(eve, f"{url}/rows?run={run_id}", "Eve")
    expect(shown(eve, REFUSED)).to_be_visible()

    # Who has it shared looks at it, and changes nothing.
    visit(ben, f"{url}/runs?run={run_id}", "Runs")
    expect(shown(ben, "Owner: Ann **Bold** <b> (ann@example.org)")).to_be_visible()
    expect(ben.get_by_role("link", name="Explained rows")).to_be_visible()
    for change in ("Rename …", "Delete …", "Share …"):
        expect(ben.get_by_role("button", name=change)).to_have_count(0)
    visit(ben, f"{url}/rows?run={run_id}&row=3", "Rows")
    expect(ben.get_by_role("heading", name="Row 3", exact=True)).to_be_visible()

    # The page that Ben has open reads nothing more when it is shared no longer.
    share(ann, url, run_id, "")
    select_table_row_unless_refused(ben, 5)
    expect(shown(ben, REFUSED)).to_be_visible()

    # The operator sees all, and gives away what is nobody's.
    olga = new_page()
    sign_in(olga, f"{url}/runs?run={world.nobodys.id}", "Olga")
    expect(shown(olga, "Owner: nobody")).to_be_visible()
    visit(olga, f"{url}/runs?run={run_id}", "Runs")
    expect(shown(olga, "Owner: Ann **Bold** <b> (ann@example.org)")).to_be_visible()
    visit(olga, f"{url}/runs?run={world.nobodys.id}", "Runs")
    press(olga, "Share …")
    dialog = olga.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Owner, by e-mail").fill("ben@example.org")
    with answered(olga):
        dialog.get_by_role("button", name="Give to this person").click()
    visit(ben, f"{url}/runs?run={world.nobodys.id}", "Runs")
    expect(shown(ben, "Owner: you")).to_be_visible()
    assert Access.read(world.anns.folder).person == world.person("Ann").id


def test_a_browser_keeps_nothing_of_who_has_signed_out(world: World, new_page: Callable[[], Page]) -> None:
    url, page = world.server.url, new_page()
    sign_in(page, f"{url}/data", "Ann")
    heading(page, "Data")
    press(page, "Wine")
    expect(page.get_by_text("wine: 178 rows")).to_be_visible()
    key = query_of(page)["workspace"][0]
    sign_out(page)

    sign_in(page, f"{url}/data?workspace={key}", "Ben")
    heading(page, "Data")
    expect(shown(page, "belongs to another person")).to_be_visible()
    assert "wine: 178 rows" not in page.content()
    assert "workspace" not in query_of(page)


def share(page: Page, url: str, run_id: str, addresses: str) -> None:
    """Share a run with these people, on *Runs*."""
    visit(page, f"{url}/runs?run={run_id}", "Runs")
    press(page, "Share …")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="People, by e-mail").fill(addresses)
    with answered(page):
        dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog).to_have_count(0)
    settled(page)


def select_table_row_unless_refused(page: Page, line: int) -> None:
    """Click a line of the table; what answers may be a refusal, which takes the table away."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator(f"tr[aria-rowindex='{line + 2}']")).to_be_attached()
    with answered(page):
        table.click(position={"x": 15, "y": 33 * (line + 1) + 16})
