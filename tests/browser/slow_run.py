"""A run that waits behind its first wave, for as long as a test likes."""

import re
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from sparklime_core.explain.task import SLOW_BLOCK_ROWS
from tests.browser.server import Server
from tests.browser.steps import WAIT_MS, go_to, press, query_of, run_of, settled

ROWS, SAMPLES = 178, 100
LOOK_MS = 50


def first_rows(cores: int) -> str:
    """Return how many rows the first wave of lime itself has, which is a block for each core."""
    return str(cores * SLOW_BLOCK_ROWS)


def start_slow_run(page: Page, server: Server) -> Path:
    """Explain a sample with lime itself, and wait for its first wave; return the run's folder."""
    go_to(page, "Data")
    press(page, "Wine")
    expect(page.get_by_text(f"{ROWS} rows, 13 features")).to_be_visible()
    go_to(page, "Model")
    press(page, "Train")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    return explain_slowly(page, server)


def explain_slowly(page: Page, server: Server) -> Path:
    """Explain the rows of the model with lime itself, and wait for its first wave; return the run's folder."""
    go_to(page, "Explain")
    settled(page)
    page.get_by_test_id("stMain").get_by_text("Reference", exact=True).click()
    page.get_by_role("spinbutton", name="Samples", exact=True).fill(str(SAMPLES))
    earlier = query_of(page).get("run", ["none"])[0]
    press(page, "Explain")
    expect(page).to_have_url(re.compile(f"run=(?!{earlier})"))
    run = server.home / "runs" / run_of(page)
    end = time.monotonic() + WAIT_MS / 1000
    while not list(run.glob("parts/wave-*.parquet")):
        assert time.monotonic() < end, "the first wave has not come"
        page.wait_for_timeout(LOOK_MS)
    return run


def blocks_of(run: Path) -> pa.Table:
    """Return who explained which block, of the waves that are on the disk."""
    waves = {path.name.partition("-")[2] for path in run.glob("parts/wave-*.parquet")}
    files = [path for path in run.glob("parts/blocks-*.parquet") if path.name.partition("-")[2] in waves]
    return pa.concat_tables([pq.read_table(path) for path in files]).sort_by("block")
