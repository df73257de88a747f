"""Several people at one server, each with work of their own."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.slow_run import blocks_of, first_rows, start_slow_run
from tests.browser.steps import (
    choose_file,
    go_to,
    heading,
    press,
    run_of,
    select_table_row,
    shown,
    visit,
)

PEOPLE = ("ann", "ben", "cem")


def test_three_people_at_once_each_with_a_table_and_a_run_of_their_own(
    new_page: Callable[[], Page], server: Server, tmp_path: Path
) -> None:
    pages = {person: new_page() for person in PEOPLE}
    for person, page in pages.items():
        bring_table(page, server, own_table(person, tmp_path))
    for person, page in pages.items():
        train(page, person)
    with server.closed_gate("executors", "0"):
        for page in pages.values():
            press(page, "Explain")
        runs = {person: run_of(page) for person, page in pages.items()}
        for page in pages.values():
            expect(page.get_by_role("button", name="Cancel this run")).to_be_visible()
    assert len(set(runs.values())) == len(PEOPLE)
    for person, page in pages.items():
        expect(page.get_by_text("60 of 60 rows explained")).to_be_visible()
        page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
        heading(page, "Rows")
        select_table_row(page, 1)
        expect(page.get_by_role("heading", name="Row 1", exact=True)).to_be_visible()
        assert runs[person] in page.url
        seen = page.get_by_test_id("stApp").inner_text()
        assert f"{person}s table" in seen
        assert not [other for other in PEOPLE if other != person and f"{other}s table" in seen]
    # Another's run is there for whoever opens it.
    pages["ann"].goto(f"{server.url}/rows?run={runs['cem']}")
    expect(pages["ann"].get_by_text("cems table").first).to_be_visible()


def test_a_path_is_no_run(page: Page, server: Server) -> None:
    (server.home / "outside").mkdir()
    (server.home / "outside" / "run.json").write_text("{}")
    visit(page, f"{server.url}/rows?run=..%2Foutside", "Rows")
    expect(page.get_by_text("There is no run")).to_be_visible()


def test_a_run_that_is_cancelled_on_the_page_stays_readable_and_is_marked_as_partial(
    page: Page, server: Server
) -> None:
    visit(page, server.url, "SparkLIME")
    with server.closed_gate("executors", first_rows(os.cpu_count() or 1)):
        run = start_slow_run(page, server)
        press(page, "Cancel this run")
        expect(shown(page, "cancelled")).to_be_visible()
    expect(page.get_by_text(re.compile(r"partial: \d+ rows left; resume it on the page Runs"))).to_be_visible()
    assert len(blocks_of(run))
    page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
    heading(page, "Rows")
    expect(page.get_by_text(re.compile(r"partial: \d+ rows left"))).to_be_visible()
    select_table_row(page, 0)
    expect(page.get_by_role("heading", name=re.compile(r"Row \d+"))).to_be_visible()


def bring_table(page: Page, server: Server, table: Path) -> None:
    """Upload a table, and use it."""
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, table)
    press(page, "Use this table")
    expect(page.get_by_text(re.compile("60 rows, 3 features; target: .*s kind"))).to_be_visible()


def train(page: Page, person: str) -> None:
    """Train a model of the person's own table, and go to where it is explained."""
    go_to(page, "Model")
    expect(page.get_by_text(f"predicts {person}s kind from")).to_be_visible()
    press(page, "Train")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    go_to(page, "Explain")


def own_table(person: str, folder: Path) -> Path:
    """Write a table that is nobody else's."""
    path = folder / f"{person}s table.csv"
    rows = np.random.default_rng(ord(person[0])).normal(size=(60, 3)).round(3)
    lines = [f"length {person},width {person},height {person},{person}s kind"]
    lines += [",".join(map(str, row)) + (",large" if row[0] > 0 else ",small") for row in rows]
    path.write_text("\n".join(lines))
    return path
