"""Several people at one server, each with work of their own."""

import os
import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from tests.browser.server import Server
from tests.browser.slow_run import blocks_of, first_rows, start_slow_run
from tests.browser.steps import (
    WAIT_MS,
    choose_file,
    go_to,
    heading,
    press,
    run_of,
    select_table_row,
    shown,
    visit,
    watched,
)

PEOPLE = ("ann", "ben", "cem")


def test_three_people_at_once_each_with_a_run_of_their_own(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    contexts = [browser.new_context(viewport={"width": 1300, "height": 900}) for _ in PEOPLE]
    for context in contexts:
        context.set_default_timeout(WAIT_MS)
    pages = dict(zip(PEOPLE, [watched(context.new_page()) for context in contexts], strict=True))
    try:
        for person, page in pages.items():
            bring_table(page, server, own_table(person, tmp_path))
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
    finally:
        for context in contexts:
            context.close()


def test_two_browsers_at_once_have_a_table_each(browser: Browser, server: Server) -> None:
    contexts = [browser.new_context(viewport={"width": 1400, "height": 900}) for _ in range(2)]
    pages = [watched(context.new_page()) for context in contexts]
    for page, sample in zip(pages, ("Wine", "Diabetes"), strict=True):
        visit(page, f"{server.url}/data", "Data")
        press(page, sample)
    for page, told in zip(pages, ("wine: 178 rows", "diabetes: 442 rows"), strict=True):
        expect(page.get_by_text(told)).to_be_visible()
        go_to(page, "Model")
    expect(pages[0].get_by_text("predicts cultivar from")).to_be_visible()
    expect(pages[1].get_by_text("predicts progression from")).to_be_visible()
    for context in contexts:
        context.close()


def test_a_path_is_no_run(page: Page, server: Server) -> None:
    (server.home / "outside").mkdir()
    (server.home / "outside" / "run.json").write_text("{}")
    for trick in ("../outside", "..%2Foutside", "%2Fetc%2Fpasswd", "..", "."):
        visit(page, f"{server.url}/rows?run={trick}", "Rows")
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
    """Upload a table, use it, train a model, and go to where it is explained."""
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, table)
    press(page, "Use this table")
    expect(page.get_by_text("60 rows, 3 features; target: kind")).to_be_visible()
    go_to(page, "Model")
    press(page, "Train")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    go_to(page, "Explain")


def own_table(person: str, folder: Path) -> Path:
    """Write a table that is nobody else's."""
    path = folder / f"{person}s table.csv"
    rows = np.random.default_rng(ord(person[0])).normal(size=(60, 3)).round(3)
    lines = [f"length {person},width {person},height {person},kind"]
    lines += [",".join(map(str, row)) + (",large" if row[0] > 0 else ",small") for row in rows]
    path.write_text("\n".join(lines))
    return path
