"""How soon a row is on the page: ``python -m benchmarks.redraw [--run FOLDER]``.

In a real Chromium it opens the page of rows on servers that have just started, in turn with a page of Streamlit
that has one chart and nothing else. Then it clicks one line of the table after another, and takes the time from
the click until the row's own weights are drawn; then the time from the click on each part until that is there, and
from a changed value until its explanation is.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright

from sparklime_core.charts.weights import weight_text
from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.schema import COMPACT_SCHEMA, STABILITY_SCHEMA, TASK_SCHEMA
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.what_if import prepare_what_if
from sparklime_core.models.train import train_forest
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import running_server
from tests.browser.steps import ROW_HEIGHT, heading, settled, watched

POOLS = 5
LINES = 12
STARTS = 5
"""New servers, of each kind."""

BARE = """import streamlit as st
st.title("Rows")
bars = [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
encoding = {"x": {"field": "size", "type": "quantitative"}, "y": {"field": "name", "type": "nominal"}}
st.vega_lite_chart({"data": {"values": bars}, "mark": "bar", "encoding": encoding}, width="stretch")
"""
"""A page of Streamlit with one chart."""

SIZE: ViewportSize = {"width": 1400, "height": 900}
WAIT_MS = 60_000
WARM_MS = 8_000
"""How long a new server imports and compiles what comes next; rows are timed after that."""

PARTS = {"Values": "stMultiSelect", "Trust": "stExpander", "Why": "stMetric"}
"""Each part that is looked at in turn, and an element that only it has."""

WHAT_IF = (0.05, 0.95, 0.3, 0.7, 0.05, 0.95)
"""The values that are tried: these quantiles of the feature, each in another bin than the one before."""

FIGURES = "[...document.querySelectorAll('[data-testid=stMetric]')].map(figure => figure.textContent).join()"

CHART = "[data-testid=stVegaLiteChart]"
DRAWN = f"""([label, text]) => [...document.querySelectorAll('{CHART}')].some(
    chart => (chart.getAttribute('aria-label') ?? '').includes(label) && chart.textContent.includes(text)
)"""


def main() -> None:
    """Measure, and print the times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redraw", description=__doc__)
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="a run in a store; else one of breast cancer")
    given: Path | None = parser.parse_args().run
    executable = find_chromium()
    if executable is None:
        raise SystemExit("There is no Chromium, and none could be installed.")
    expect.set_options(timeout=WAIT_MS)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) if given is None else given.parent.parent
        run = make_run(RunStore(home / "runs")) if given is None else Run(given)
        for what, found in starts(playwright, executable, home, run).items():
            _say(what, found)
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        with running_server(home) as server:
            page = watched(browser.new_page(viewport=SIZE))
            page.set_default_timeout(WAIT_MS)
            page.goto(f"{server.url}/rows?run={run.id}")
            heading(page, "Rows")
            _drawn(page, run, 0)
            settled(page)
            page.wait_for_timeout(WARM_MS)
            _say("a row, by a click in the table", rows(page, run))
            for part, mark in PARTS.items():
                _say(f"its part {part}", [_seconds(lambda: _look_at(page, part, mark))])  # noqa: B023
            _say("what if: a value is changed", what_if(page, run))
            _say("what if: the engine and the model alone", explain(run))
        browser.close()


def starts(playwright: Playwright, executable: str, home: Path, run: Run) -> dict[str, list[float]]:
    """Start new servers, ours and the bare page's in turn; return the seconds until each thing is drawn."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        bare = Path(scratch, "bare.py")
        bare.write_text(BARE)
        for _ in range(STARTS):
            with playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS)) as browser:
                times = new_server(browser, home, run)
            with (
                playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS)) as browser,
                running_server(Path(scratch), script=bare) as server,
            ):
                page = browser.new_page(viewport=SIZE)
                page.set_default_timeout(WAIT_MS)
                loaded = _seconds(lambda: (page.goto(server.url), page.wait_for_selector(f"{CHART} svg")))  # noqa: B023
            for what, seconds in {**times, "Streamlit's page of one chart, on a new server": loaded}.items():
                found.setdefault(what, []).append(seconds)
    return found


def new_server(browser: Browser, home: Path, run: Run) -> dict[str, float]:
    """Open the link of a run on a new server; return the seconds until each part of the page is there."""
    with running_server(home) as server:
        page = watched(browser.new_page(viewport=SIZE))
        page.set_default_timeout(WAIT_MS)
        start = time.perf_counter()
        page.goto(f"{server.url}/rows?run={run.id}")
        _drawn(page, run, 0)
        weights = time.perf_counter() - start
        page.get_by_test_id("stDataFrame").first.wait_for()
        table = time.perf_counter() - start
        page.get_by_text("Open a bar").wait_for()
        profiles = time.perf_counter() - start
    return {
        "a link, on a new server: the weights": weights,
        "then the table": table,
        "then the profiles, for which it opens the model": profiles,
    }


def make_run(store: RunStore) -> Run:
    """Explain breast cancer with ``sampled`` and stability, in this process."""
    dataset = load_sample("breast_cancer")
    plan = RunPlan(dataset, train_forest(dataset), stability=POOLS)
    run = store.create(plan.manifest("local[2]"), plan.inputs())
    task = prepare_measured(build_explainer(dataset), plan.model.predict_fn, plan.explain, POOLS)
    ids = np.arange(dataset.rows)
    pairs = [
        task.explain_and_measure(dataset.features[at : at + BLOCK_ROWS], ids[at : at + BLOCK_ROWS])
        for at in range(0, dataset.rows, BLOCK_ROWS)
    ]
    explained = pa.Table.from_batches([first for first, _ in pairs], schema=COMPACT_SCHEMA)
    measured = pa.Table.from_batches([second for _, second in pairs], schema=STABILITY_SCHEMA)
    results = task.vocabulary.decode(explained)
    run.append(0, list(range(len(pairs))), results, TASK_SCHEMA.empty_table(), stability=measured)
    run.finish(RunState.FINISHED)
    return run


def rows(page: Page, run: Run) -> list[float]:
    """Click one line of the table after another; return the seconds until each row's weights are drawn."""
    table = page.get_by_test_id("stDataFrame").first
    found = []
    for line in range(1, LINES + 1):
        spot = {"x": 15, "y": ROW_HEIGHT * (line + 1) + ROW_HEIGHT // 2}
        found.append(_seconds(lambda: (table.click(position=spot), _drawn(page, run, line))))  # noqa: B023
        settled(page)
    return found


def what_if(page: Page, run: Run) -> list[float]:
    """Change a value again and again; return the seconds until the page has the answer."""
    _look_at(page, "What if", "stNumberInput")
    settled(page)
    inputs = run.inputs()
    feature = explanations_of(run, LINES)[0]["explanation"][0]["feature"]
    values = inputs.dataset.features[:, inputs.dataset.feature_names.index(feature)]
    field = page.get_by_role("spinbutton", name=feature, exact=True)
    found = []
    for quantile in WHAT_IF:
        before = page.evaluate(FIGURES)
        field.fill(f"{np.quantile(values, quantile):.5g}")
        field.press("Enter")
        start = time.perf_counter()
        page.wait_for_function(f"before => {FIGURES} !== before", arg=before)
        found.append(time.perf_counter() - start)
        settled(page)
    return found


def explain(run: Run) -> list[float]:
    """Ask about a row and another one's values, in this process; return the seconds of each answer."""
    inputs = run.inputs()
    what_if = prepare_what_if(run.manifest(), inputs)
    rows = inputs.dataset.features
    label = explanations_of(run, 0)[0]["label"]
    return [_seconds(lambda: what_if.explain(rows[[0, at]], label)) for at in range(1, 1 + LINES)]  # noqa: B023


def _look_at(page: Page, part: str, mark: str) -> None:
    main = page.get_by_test_id("stMain")
    main.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()
    main.get_by_test_id(mark).last.wait_for()


def _drawn(page: Page, run: Run, row: int) -> None:
    """Wait until a row's strongest weight stands in its chart."""
    first = max(explanations_of(run, row), key=lambda result: result["prediction"])["explanation"][0]
    page.wait_for_function(DRAWN, arg=[f"of row {row}", weight_text(first["weight"])])


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _say(what: str, seconds: list[float]) -> None:
    print(f"{what}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s of {len(seconds)}")


if __name__ == "__main__":
    main()
