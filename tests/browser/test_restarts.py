"""A server that is started again, or killed in the middle of a run, and one that has drawn no page yet."""

import re
import stat
from collections.abc import Iterator
from ipaddress import ip_address

import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.task import SLOW_BLOCK_ROWS
from sparklime_core.models.train import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.browser.server import Server, running_server
from tests.browser.slow_run import ROWS, blocks_of, first_rows, start_slow_run
from tests.browser.steps import go_to, heading, press, query_of, select_table_row, show, shown, visit
from tests.finished_run import make_run

CLUSTER_CORES = 2


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def started(own_server: Server) -> Server:
    """Start the server where another test has ended it."""
    if not own_server.running:
        own_server.start()
    return own_server


@pytest.fixture(scope="module")
def run(own_server: Server) -> Run:
    penguins = load_sample("penguins")
    return make_run(RunStore(own_server.home / "runs"), penguins, train_forest(penguins, n_estimators=5), 12)


OLD_ADDRESSES = {
    "whole": ("overview", "Overview"),
    "comparerows": ("compare_rows", "Compare rows"),
    "compare": ("compare_runs", "Compare runs"),
}


def test_a_restart_loses_no_run_and_no_address_and_closes_a_home_that_others_could_read(
    page: Page, started: Server, run: Run
) -> None:
    visit(page, f"{started.url}/rows?run={run.id}", "Rows")
    select_table_row(page, 5)
    expect(page.get_by_role("heading", name="Row 5", exact=True)).to_be_visible()
    link = page.url
    query = {"run": [run.id], "row": ["3"], "compare": ["3-5"], "filter": ["outcome.right~score.0.1_"]}
    asked = "&".join(f"{name}={value}" for name, (value,) in query.items())

    started.stop()
    started.home.chmod(0o755)
    started.start()

    assert stat.S_IMODE(started.home.stat().st_mode) == 0o700
    # It has drawn no page when it is asked for the first of them.
    for old in [*OLD_ADDRESSES, next(iter(OLD_ADDRESSES))]:
        new, title = OLD_ADDRESSES[old]
        visit(page, f"{started.url}/{old}?{asked}", title)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        assert page.url.partition("?")[0] == f"{started.url}/{new}"
        assert query.items() <= query_of(page).items()
    visit(page, link, "Rows")
    expect(page.get_by_role("heading", name="Row 5", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_a_killed_server_loses_no_wave_and_the_run_is_resumed_with_a_click(page: Page, started: Server) -> None:
    visit(page, f"{started.url}/spark", "Spark")
    show(page, "a cluster on this machine")
    press(page, "Start the cluster")
    expect(page.get_by_text("All executors can explain.")).to_be_visible()
    with started.closed_gate("executors", first_rows(CLUSTER_CORES)):
        run = start_slow_run(page, started)

        assert listening_elsewhere(started) == []
        go_to(page, "Spark")
        show(page, "embedded Spark")
        press(page, "Use embedded Spark")
        expect(page.get_by_text("wait for it to end or cancel it, then change the master")).to_be_visible()

        children = started.kill()
        _, left = psutil.wait_procs(children, timeout=120)
        assert left == []
        finished = blocks_of(run)
        assert 0 < len(finished) < ROWS / SLOW_BLOCK_ROWS

    started.start()
    visit(page, f"{started.url}/runs", "Runs")
    select_table_row(page, 0)
    expect(shown(page, "interrupted")).to_be_visible()
    expect(page.get_by_text(re.compile(rf"[1-9]\d* of {ROWS} rows explained"))).to_be_visible()
    press(page, "Resume")
    heading(page, "Explain")
    expect(page.get_by_text(f"{ROWS} of {ROWS} rows explained")).to_be_visible()
    whole = pq.read_table(run / "blocks.parquet").sort_by("block")
    assert whole["block"].to_pylist() == list(range(len(whole)))
    assert whole.filter(pc.is_in(whole["block"], finished["block"].combine_chunks())).equals(finished)


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
