"""What a person waits for in the browser, over a large run: ``python -m benchmarks.browsing --home FOLDER``.

FOLDER is one that ``python -m benchmarks.workbench --home FOLDER`` has made a run in. A real server and a real
Chromium; each time is from the click to the moment in which the answer is on the page.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from sparklime_core.runs.store import RunStore
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import running_server
from tests.browser.steps import ROW_HEIGHT, settled

REPEATS = 5
WAIT_MS = 120_000


def main() -> None:
    """Print a table of times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browsing", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home: Path = parser.parse_args().home
    run = RunStore(home / "runs").runs()[0]
    with sync_playwright() as playwright, running_server(home) as server:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(WAIT_MS)
        print(f"A run of {run.manifest().rows:,} rows")
        _report("opening its rows, the first time", [_opening(page, f"{server.url}/rows?run={run.id}&row=0")])
        _report("opening its rows again", [_opening(page, f"{server.url}/rows?run={run.id}&row=1")])
        _report("selecting a row in the table", [_selecting(page, line) for line in range(2, 2 + REPEATS)])
        rows = [run.manifest().rows * share // 7 for share in range(1, 1 + REPEATS)]
        _report("going to a row by its number", [_going_to(page, row) for row in rows])
        _report("only the wrong ones", [_filtering(page, "wrong")])
        _report("only the right ones", [_filtering(page, "right")])
        _report("sorting by the error", [_sorting(page)])
        browser.close()


def _report(what: str, seconds: list[float]) -> None:
    print(f"| {what} | {statistics.median(seconds):.2f} s | {max(seconds):.2f} s |", flush=True)


def _timed(page: Page, action: Callable[[], object], script: str) -> float:
    """Return the seconds from an action to a state of the page."""
    settled(page)
    start = time.perf_counter()
    action()
    page.wait_for_function(script, polling=20)
    return time.perf_counter() - start


def _shows_row(row: int) -> str:
    heading = f"[...document.querySelectorAll('h4')].some(h => h.textContent.trim() === 'Row {row}')"
    chart = f'document.querySelector(\'[aria-label*="of row {row}"], [alt*="of row {row}"]\')'
    return f"() => {heading} && !!{chart}"


def _opening(page: Page, url: str) -> float:
    start = time.perf_counter()
    page.goto(url)
    page.wait_for_function(_shows_row(int(url.rpartition("=")[2])), polling=20)
    return time.perf_counter() - start


def _selecting(page: Page, line: int) -> float:
    table = page.get_by_test_id("stDataFrame").first
    at = {"x": 15, "y": ROW_HEIGHT * (line + 1) + ROW_HEIGHT // 2}
    return _timed(page, lambda: table.click(position=at), _shows_row(line))


def _going_to(page: Page, row: int) -> float:
    field = page.get_by_role("spinbutton", name="Go to row")
    field.fill(str(row))
    return _timed(page, lambda: field.press("Enter"), _shows_row(row))


def _filtering(page: Page, outcome: str) -> float:
    if not page.get_by_text("The model is", exact=True).is_visible():
        page.get_by_role("button", name="Filter").click()
    choice = page.get_by_test_id("stPopoverBody").filter(visible=True).get_by_text(outcome, exact=True)
    shown = f"[...document.querySelectorAll('button')].some(b => b.textContent.includes('{outcome}close'))"
    listed = "/^[0-9,]+ rows of/.test([...document.querySelectorAll('[data-testid=stCaptionContainer]')]"
    listed += ".map(c => c.textContent).find(t => / rows of /.test(t)) || '')"
    return _timed(page, choice.click, f"() => {shown} && {listed} && {_at_rest()}")


def _sorting(page: Page) -> float:
    page.keyboard.press("Escape")
    page.get_by_label("Sort by").first.click()
    option = page.get_by_role("option", name="error of the model")
    return _timed(page, option.click, f"() => location.search.includes('sort') && {_at_rest()}")


def _at_rest() -> str:
    return "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"


if __name__ == "__main__":
    main()
