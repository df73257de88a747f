"""Several people at one server; and the server killed in the middle of a run."""

import re
import time
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sparklime_core.explain.task import REFERENCE_BLOCK_ROWS
from tests.browser.server import Server
from tests.browser.steps import go_to, heading, open_row, select_table_row

PEOPLE = ("ann", "ben", "cem", "dee", "eva", "fay", "gus", "hal", "ida", "jon")
WAIT_MS, SLOW_MS = 60_000, 480_000


@pytest.mark.timeout(1800)
def test_ten_people_at_once_each_with_a_run_of_their_own(browser: Browser, server: Server, tmp_path: Path) -> None:
    contexts = [browser.new_context(viewport={"width": 1300, "height": 900}) for _ in PEOPLE]
    pages = dict(zip(PEOPLE, [context.new_page() for context in contexts], strict=True))
    expect.set_options(timeout=WAIT_MS)
    try:
        for person, page in pages.items():
            page.set_default_timeout(WAIT_MS)
            bring_table(page, server, own_table(person, tmp_path))
        for page in pages.values():
            page.get_by_role("button", name="Explain", exact=True).click()
            expect(page).to_have_url(re.compile("run="), timeout=SLOW_MS)
        runs = {person: page.url.partition("run=")[2] for person, page in pages.items()}
        assert len(set(runs.values())) == len(PEOPLE)
        for person, page in pages.items():
            expect(page.get_by_text("60 of 60 rows explained")).to_be_visible(timeout=SLOW_MS)
            page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
            heading(page, "Rows")
            open_row(page, 1, 1)
            assert runs[person] in page.url
            seen = page.get_by_test_id("stApp").inner_text()
            assert f"{person}s table" in seen
            assert not [other for other in PEOPLE if other != person and f"{other}s table" in seen]
        # Another's run is there for whoever opens it.
        pages["ann"].goto(f"{server.url}/rows?run={runs['jon']}")
        expect(pages["ann"].get_by_text("jons table").first).to_be_visible()
    finally:
        for context in contexts:
            context.close()


def test_a_path_is_no_run(page: Page, server: Server) -> None:
    (server.home / "outside").mkdir()
    (server.home / "outside" / "run.json").write_text("{}")
    for trick in ("../outside", "..%2Foutside", "%2Fetc%2Fpasswd", "..", "."):
        page.goto(f"{server.url}/rows?run={trick}")
        heading(page, "Rows")
        expect(page.get_by_text("There is no run")).to_be_visible()


def test_a_killed_server_loses_no_wave_and_the_run_is_resumed_with_a_click(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/spark")
    heading(page, "Spark")
    page.get_by_text("a cluster on this machine").click()
    page.get_by_role("button", name="Start the cluster").click()
    expect(page.get_by_text("All executors can explain.")).to_be_visible(timeout=SLOW_MS)
    run = start_slow_run(page, server)

    assert listening_elsewhere(server) == []
    go_to(page, "Spark")
    page.get_by_text("embedded Spark", exact=True).click()
    page.get_by_role("button", name="Use embedded Spark").click()
    expect(page.get_by_text("wait for it to end or cancel it, then change the master")).to_be_visible()

    started = server.kill()
    _, left = psutil.wait_procs(started, timeout=60)
    assert left == []
    finished = blocks_of(run)
    assert 0 < len(finished) < 569 / REFERENCE_BLOCK_ROWS

    server.start()
    page.goto(f"{server.url}/runs")
    heading(page, "Runs")
    select_table_row(page, 0)
    expect(shown(page, "interrupted")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 569 rows explained"))).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    heading(page, "Explain")
    expect(page.get_by_text("569 of 569 rows explained")).to_be_visible(timeout=SLOW_MS)
    whole = pq.read_table(run / "blocks.parquet").sort_by("block")
    assert whole["block"].to_pylist() == list(range(len(whole)))
    assert whole.filter(pc.is_in(whole["block"], finished["block"].combine_chunks())).equals(finished)


def test_a_run_that_is_cancelled_on_the_page_stays_readable_and_is_marked_as_partial(
    page: Page, server: Server
) -> None:
    page.goto(server.url)
    heading(page, "SparkLIME")
    run = start_slow_run(page, server)
    page.get_by_role("button", name="Cancel this run").click()
    expect(shown(page, "cancelled")).to_be_visible()
    expect(page.get_by_text(re.compile(r"partial: \d+ rows left for Resume on Runs"))).to_be_visible()
    assert len(blocks_of(run))
    page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
    heading(page, "Rows")
    expect(page.get_by_text(re.compile(r"partial: \d+ rows left"))).to_be_visible()
    select_table_row(page, 0)
    expect(page.get_by_role("heading", name=re.compile(r"Row \d+"))).to_be_visible()


def shown(page: Page, text: str) -> Locator:
    """Return a text where it can be seen; a table holds its cells once more where they cannot."""
    return page.get_by_test_id("stMain").get_by_text(text).filter(visible=True).first


def bring_table(page: Page, server: Server, table: Path) -> None:
    """Upload a table, use it, train a model, and go to where it is explained."""
    page.goto(f"{server.url}/data")
    heading(page, "Data")
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Use this table").click()
    expect(page.get_by_text("60 rows, 3 features; to predict: kind")).to_be_visible()
    go_to(page, "Model")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    go_to(page, "Explain")


def own_table(person: str, folder: Path) -> Path:
    """Write a table that is nobody else's."""
    path = folder / f"{person}s table.csv"
    rows = np.random.default_rng(len(person)).normal(size=(60, 3)).round(3)
    lines = [f"length {person},width {person},height {person},kind"]
    lines += [",".join(map(str, row)) + (",large" if row[0] > 0 else ",small") for row in rows]
    path.write_text("\n".join(lines))
    return path


def start_slow_run(page: Page, server: Server) -> Path:
    """Explain a sample with lime itself, and wait for its first wave; return the run's folder."""
    go_to(page, "Data")
    page.get_by_role("button", name="Breast cancer").click()
    expect(page.get_by_text("569 rows, 30 features")).to_be_visible()
    go_to(page, "Model")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    go_to(page, "Explain")
    page.get_by_test_id("stMain").get_by_text("Reference", exact=True).click()
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(page).to_have_url(re.compile("run="), timeout=SLOW_MS)
    run = server.home / "runs" / page.url.partition("run=")[2]
    end = time.monotonic() + SLOW_MS / 1000
    while not list(run.glob("parts/wave-*.parquet")):
        assert time.monotonic() < end
        time.sleep(0.1)
    return run


def blocks_of(run: Path) -> pa.Table:
    """Return who explained which block, of the waves that are on the disk."""
    waves = {path.name.partition("-")[2] for path in run.glob("parts/wave-*.parquet")}
    files = [path for path in run.glob("parts/blocks-*.parquet") if path.name.partition("-")[2] in waves]
    return pa.concat_tables([pq.read_table(path) for path in files]).sort_by("block")


def listening_elsewhere(server: Server) -> list[tuple[str, str]]:
    """Return where the server, its cluster, executors and driver listen but on this machine alone."""
    return [
        (process.name(), str(connection.laddr))
        for process in server.processes()
        for connection in process.net_connections("inet")
        # Java tells of 127.0.0.1 in the notation of IPv6.
        if connection.status == psutil.CONN_LISTEN
        and not ip_address(connection.laddr.ip.removeprefix("::ffff:")).is_loopback
    ]
