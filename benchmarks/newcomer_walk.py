"""A newcomer and a large table, in a real Chromium: ``python -m benchmarks.newcomer_walk CSV TARGET FOLDER``.

From the file to the row, one step after the other. After each step the page is loaded again, light and dark, wide
and narrow, as if the person had pressed F5 there; each time a picture is taken. How long each step and each reload
let a person wait is printed as a table.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import Server, running_server
from tests.browser.steps import (
    answered,
    chart,
    choose_file,
    go_to,
    press,
    select_table_row,
    settled,
    show,
    watched,
)

WAIT_MS = 600_000
DRAWING_MS = 1_000
"""How long a chart takes to reach its last size after the page has come to rest."""

WIDTHS = {"wide": 1400, "narrow": 430}
SCHEMES = ("light", "dark")
HEIGHT = 900


def main() -> None:
    """Walk, and print the waits as a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.newcomer_walk", description=__doc__)
    parser.add_argument("csv", type=Path, metavar="CSV")
    parser.add_argument("target", metavar="TARGET", help="its column to predict, with classes")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go")
    chosen = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        raise SystemExit("There is no Chromium, and none could be installed.")
    expect.set_options(timeout=WAIT_MS)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        with running_server(Path(home)) as server:
            _Walk(browser, server, chosen.folder).go(chosen.csv, chosen.target)
        browser.close()


class _Walk:
    """One person, one browser, one table.

    Parameters
    ----------
    browser, server
        Where the walk takes place.
    folder
        Where the pictures go, numbered by their step.
    """

    def __init__(self, browser: Browser, server: Server, folder: Path) -> None:
        self._page = watched(browser.new_context(viewport={"width": WIDTHS["wide"], "height": HEIGHT}).new_page())
        self._page.set_default_timeout(WAIT_MS)
        self._server = server
        self._folder = folder
        self._steps = 0
        folder.mkdir(parents=True, exist_ok=True)
        print("| step | s | reloads, s |\n| --- | ---: | ---: |")

    def go(self, csv: Path, target: str) -> None:
        """Walk from the file to the row, and on to a server that was started again."""
        page, main = self._page, self._page.get_by_test_id("stMain")
        self._step("Start", lambda: page.goto(self._server.url), main.get_by_role("button", name="Try it"))
        self._data(csv, target)
        go_to(page, "Model")
        finding = main.get_by_text(re.compile("alone predicts")).first
        trained = main.get_by_text("Accuracy", exact=True)
        self._step("Model: the first one is trained", partial(press, page, "Train"), finding, trained)
        leave_out = main.get_by_role("button", name="Leave it out and train again").first
        while leave_out.count():
            column = finding.inner_text().split("'")[1]
            self._step(f"Model: without {column}", partial(self._press, leave_out), trained)
        model = page.url
        self._explain()
        self._look()
        self._step("Model: the server is started again", partial(self._come_back, model), trained)

    def _data(self, csv: Path, target: str) -> None:
        page, main = self._page, self._page.get_by_test_id("stMain")
        go_to(page, "Data")
        fitting = main.get_by_text("What to predict").first
        self._step(f"Data: a file of {csv.stat().st_size / 1e6:.0f} MB", partial(choose_file, page, csv), fitting)
        expect(main.get_by_role("combobox", name="What to predict")).to_have_value(target)
        used = main.get_by_text(re.compile(f"to predict: {target}|target: {target}")).first
        self._step("Data: the table is used", partial(press, page, "Use this table"), used)

    def _explain(self) -> None:
        page, main = self._page, self._page.get_by_test_id("stMain")
        button = main.get_by_role("button", name="Explain", exact=True)
        self._step("Explain: the form", partial(go_to, page, "Explain"), button)
        first = main.get_by_text(re.compile(r"Show the .* explained so far|[1-9][\d,]* of .* rows explained"))
        started = time.perf_counter()
        self._step("Explain: the first rows are explained", button.click, first)
        rows = main.get_by_role("link", name="Explained rows")
        expect(rows).to_be_visible()
        self._step(f"Explain: all rows, {time.perf_counter() - started:.0f} s", lambda: None, rows)

    def _look(self) -> None:
        page, main = self._page, self._page.get_by_test_id("stMain")
        weights = chart(page, re.compile(r"Weights of the .* of row \d+")).first
        link = main.get_by_role("link", name="Explained rows")
        self._step("Rows", link.click, weights)
        self._step("Rows: another row", partial(select_table_row, page, 5), weights)
        for part, seen in (
            ("Values", chart(page, re.compile("Distribution of feature")).first),
            ("SHAP", chart(page, re.compile("LIME beside SHAP")).first),
            ("Trust", main.get_by_test_id("stExpander").first),
            ("What if", main.get_by_role("spinbutton").first),
            ("Nearest change", main.get_by_text(re.compile("the model then predicts")).first),
        ):
            self._step(f"Rows: {part}", partial(show, page, part, "stButtonGroup"), seen)
        charts = main.get_by_test_id("stVegaLiteChart").first
        self._step("Overview", partial(go_to, page, "Overview"), charts)
        for tab in ("Values", "Profiles", "SHAP", "Groups"):
            self._step(f"Overview: {tab}", partial(show, page, tab), charts)
        self._step("Workers", partial(go_to, page, "Workers"), charts)
        self._step("Runs", partial(go_to, page, "Runs"), main.get_by_test_id("stDataFrame").first)

    def _come_back(self, address: str) -> None:
        self._server.restart()
        self._page.goto(address)

    def _press(self, button: Locator) -> None:
        with answered(self._page):
            button.click()

    def _step(self, name: str, act: Callable[[], object], *seen: Locator) -> None:
        """Do something, wait until one of these is seen, and look at the page; print how long it took."""
        self._steps += 1
        wait = partial(self._wait, seen)
        if self._steps > 1:
            settled(self._page)
        taken = _seconds(act, wait)
        reloads = [self._look_at(name, scheme, width, wait) for scheme in SCHEMES for width in WIDTHS]
        self._page.emulate_media(color_scheme="light")
        self._page.set_viewport_size({"width": WIDTHS["wide"], "height": HEIGHT})
        print(f"| {name} | {taken:.1f} | {min(reloads):.1f} to {max(reloads):.1f} |", flush=True)

    def _wait(self, seen: tuple[Locator, ...]) -> None:
        either = seen[0]
        for other in seen[1:]:
            either = either.or_(other)
        expect(either.filter(visible=True).first).to_be_visible()

    def _look_at(self, name: str, scheme: str, width: str, wait: Callable[[], None]) -> float:
        """Load the page again in one light and width, and take a picture; return the seconds of the load."""
        page = self._page
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": WIDTHS[width], "height": HEIGHT})
        taken = _seconds(page.reload, wait)
        settled(page)
        tall = int(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))
        page.set_viewport_size({"width": WIDTHS[width], "height": max(tall, HEIGHT)})
        settled(page)
        page.wait_for_timeout(DRAWING_MS)
        file = re.sub(r"\W+", "-", name.lower())
        page.screenshot(path=self._folder / f"{self._steps:02}-{file}-{scheme}-{width}.png")
        return taken


def _seconds(act: Callable[[], object], wait: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    wait()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
