"""``python -m tests.browser.screenshots FOLDER``: every page, light and dark, wide and narrow, as PNG files."""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.reports.row_report import row_report
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.store import RunStore
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import Server, running_server
from tests.browser.steps import heading, settled, watched
from tests.finished_run import make_run

SIZES = {"wide": (1400, 900), "narrow": (430, 900)}
SCHEMES = ("light", "dark")
WAIT_MS = 60_000
RACE_MS = 300_000


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    executable = find_chromium()
    if executable is None:
        raise SystemExit("There is no Chromium, and none could be installed.")
    expect.set_options(timeout=WAIT_MS)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        run_ids = _runs(Path(home))
        reports = _reports(Path(home), run_ids["breast_cancer"])
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        with running_server(Path(home)) as server:
            for scheme in SCHEMES:
                for size in SIZES:
                    _series(browser, server, folder, scheme, size, run_ids, reports)
        browser.close()


def _runs(home: Path) -> dict[str, str]:
    """Make finished runs to look at; return their ids by their tables' names."""
    store = RunStore(home / "runs")
    penguins = load_sample("penguins")
    again = make_run(store, penguins, train_forest(penguins, n_estimators=3, seed=1), 40)
    return {"again": again.id} | {
        name: make_run(store, load_sample(name), train_forest(load_sample(name)), 60, labels, stability=pools).id
        for name, labels, pools in (
            ("breast_cancer", "predicted", 5),
            ("penguins", "all", 5),
            ("diabetes", "predicted", 0),
        )
    }


def _reports(home: Path, run_id: str) -> dict[str, Path]:
    """Write the reports of a run and of one of its rows; return the files by their names."""
    run = RunStore(home / "runs").open(run_id)
    reports = {"run": home / "run.html", "row": home / "row.html"}
    reports["run"].write_bytes(run_report(run))
    reports["row"].write_bytes(row_report(run, 38))
    return reports


def _series(
    browser: Browser,
    server: Server,
    folder: Path,
    scheme: str,
    size: str,
    runs: dict[str, str],
    reports: dict[str, Path],
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = watched(context.new_page())
    page.set_default_timeout(WAIT_MS)

    def shoot(name: str) -> None:
        _grow(page, width, height)
        settled(page)
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"{name.replace(' ', '-')}-{scheme}-{size}.png", full_page=False)
        page.set_viewport_size({"width": width, "height": height})

    for name, path in (
        ("rows", f"rows?run={runs['breast_cancer']}&row=38"),
        ("rows-classes", f"rows?run={runs['penguins']}&row=5"),
        ("rows-regression", f"rows?run={runs['diabetes']}&row=6"),
        *(
            (f"overview-{tab.lower()}", f"overview?run={runs[table]}&overview={tab}")
            for tab, table in (
                ("Features", "breast_cancer"),
                ("Values", "penguins"),
                ("Profiles", "breast_cancer"),
                ("SHAP", "breast_cancer"),
                ("Groups", "breast_cancer"),
                ("Differences", "diabetes"),
            )
        ),
        ("workers", f"workers?run={runs['breast_cancer']}"),
        ("runs", f"runs?run={runs['breast_cancer']}"),
        ("compare runs", f"compare_runs?run={runs['penguins']}&with={runs['again']}"),
        ("compare rows", f"compare_rows?run={runs['breast_cancer']}&compare=3-38-40"),
        ("race", "race"),
        ("tuning", "tuning"),
        ("help", "help"),
        ("spark", "spark"),
    ):
        page.goto(f"{server.url}/{path}")
        heading(page, name.split("-")[0].capitalize())
        if name.startswith(("rows", "overview")):
            expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
        shoot(name)
    for part in ("SHAP", "What if", "Nearest change", "Alike"):
        page.goto(f"{server.url}/rows?run={runs['breast_cancer']}&row=38&filter=outcome.right~score.0.3_")
        heading(page, "Rows")
        page.get_by_test_id("stMain").get_by_text(part, exact=True).click()
        shoot(f"rows-{part.lower()}")
    page.goto(f"{server.url}/data")
    page.get_by_role("button", name="Wine", exact=True).click()
    expect(page.get_by_text("How each column is used")).to_be_visible()
    shoot("data")
    _follow(page, "Next: train a model", "Model")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Where is it wrong?")).to_be_visible()
    shoot("model")
    _follow(page, "Next: explain its predictions", "Explain")
    shoot("explain")
    for name, button, ended in (
        ("tuning", "Try the grid", page.get_by_role("button", name="Use these settings")),
        ("race", "Start the race", page.get_by_text("lime on more cores")),
    ):
        page.goto(f"{server.url}/{name}?run={runs['breast_cancer']}")
        heading(page, name.capitalize())
        page.get_by_role("button", name=button).click()
        expect(ended.first).to_be_visible(timeout=RACE_MS)
        expect(page.get_by_role("button", name="Cancel the race")).to_have_count(0, timeout=RACE_MS)
        shoot(name)
    page.goto(server.url)
    heading(page, "SparkLIME")
    shoot("start")
    for name, report in reports.items():
        page.goto(report.as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"report-{name}-{scheme}-{size}.png", full_page=True)
    context.close()


def _follow(page: Page, link: str, title: str) -> None:
    page.get_by_test_id("stMain").get_by_role("link", name=link).click()
    heading(page, title)


def _grow(page: Page, width: int, height: int) -> None:
    """Make a narrow window as tall as its page, so that all of it is in the picture."""
    if width < 600:
        settled(page)
        tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": max(int(tall), height)})


if __name__ == "__main__":
    main()
