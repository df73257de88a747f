"""Time what a person waits for, in a real Chromium: ``python -m benchmarks.clicks [--repeats 3] [--cold]``.

Each repeat has a server and a browser of its own, with an empty home: nothing is warm but what the operating
system and the cache of compiled functions keep.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.prepared import check_prepared
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import Server
from tests.browser.steps import chart, heading, settled, watched

WAIT_MS = 240_000
PAGES = ("Workers", "Explain", "Data")

Times = dict[str, float]


def main() -> None:
    """Measure, and print the figures as a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clicks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="servers and browsers, one after another (3)")
    parser.add_argument("--cold", action="store_true", help="with nothing compiled, as just after installing")
    chosen = parser.parse_args()
    check_prepared()
    executable = find_chromium()
    if executable is None:
        raise SystemExit("There is no Chromium, and none could be installed.")
    expect.set_options(timeout=WAIT_MS)
    laps = []
    with sync_playwright() as playwright:
        for _ in range(chosen.repeats):
            browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
            with tempfile.TemporaryDirectory() as home:
                if chosen.cold:
                    os.environ["XDG_CACHE_HOME"] = home
                laps.append(_lap(browser, Server(Path(home))))
            browser.close()
    print("| step | median | each |\n|---|---|---|")
    for step in laps[0]:
        seconds = [lap[step] for lap in laps]
        each = ", ".join(f"{second:.2f}" for second in seconds)
        print(f"| {step} | {statistics.median(seconds):.2f} s | {each} |")


def _lap(browser: Browser, server: Server) -> Times:
    times: Times = {}
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = watched(context.new_page())
    page.set_default_timeout(WAIT_MS)
    began = time.perf_counter()
    try:
        server.start()
        times["the server's start, until it answers"] = time.perf_counter() - began
        try_it = page.get_by_role("button", name="Try it")
        times["from there to a usable page"] = _until(
            partial(page.goto, server.url), lambda: expect(try_it).to_be_enabled()
        )
        settled(page)
        _explain(page, times)
        _visit(page, times)
    finally:
        context.close()
        server.stop()
    return times


def _explain(page: Page, times: Times) -> None:
    began = time.perf_counter()
    page.get_by_role("button", name="Try it").click()
    expect(chart(page, re.compile(r"Weights of the .* of row \d+"))).to_be_visible()
    times["Try it (one click) to the first explanation"] = time.perf_counter() - began
    expect(page.get_by_text("569 of 569 rows explained")).to_be_visible()
    times["Try it to all 569 rows"] = time.perf_counter() - began


def _visit(page: Page, times: Times) -> None:
    settled(page)
    for name in PAGES:
        link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
        times[f"a click to the page {name}"] = _until(link.click, partial(heading, page, name))
        settled(page)


def _until(act: Callable[[], object], seen: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    seen()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
