"""The main job, as a person does it: from a CSV file to explanations made by two workers, and on after a crash.

It is one story: the server, its cluster and its session are started once.
"""

import io
import re
import stat
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from sparklime_core.data.table_source import sample_csv
from sparklime_core.explain.task import SLOW_BLOCK_ROWS
from tests.browser.server import Server
from tests.browser.slow_run import ROWS, blocks_of, explain_slowly, first_rows
from tests.browser.steps import (
    chart,
    choose_file,
    chosen_row,
    go_to,
    heading,
    press,
    query_of,
    requests_to_other_hosts,
    run_of,
    select_table_row,
    show,
    shown,
    visit,
)

CLUSTER_CORES = 2

OLD_ADDRESSES = {
    "whole": ("overview", "Overview"),
    "comparerows": ("compare_rows", "Compare rows"),
    "compare": ("compare_runs", "Compare runs"),
}


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    """A table with a column that gives the target away: bottles stand on the shelf of their cultivar."""
    table = pd.read_csv(io.BytesIO(sample_csv("wine")))
    place = np.random.default_rng(0).uniform(0, 2.9, len(table))
    table.insert(0, "shelf", (3 * table["cultivar"].astype("category").cat.codes + place).round(2))
    path = tmp_path / "wine list.csv"
    table.to_csv(path, index=False)
    return path


def test_from_a_csv_file_to_explanations_by_two_workers_and_on_after_a_crash(
    page: Page, new_page: Callable[[], Page], server: Server, wine: Path
) -> None:
    with requests_to_other_hosts(page) as outside:
        train(page, server, wine)
        show_nothing_to_a_stranger(new_page(), page.url)
        keep_all_after_a_reload(page)
        explain_on_a_cluster(page)
        link, explained = page.url, run_of(page)
        look_at_workers(page)
        with server.closed_gate("executors", first_rows(CLUSTER_CORES)):
            slow = explain_slowly(page, server)
            finished = kill_in_the_middle(page, server, slow)
        restart_in_an_open_home(server)
        # The server has drawn no page when it is asked for the first of them.
        follow_old_addresses(page, server, explained)
        visit(page, link, "Rows")
        expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
        resume(page, server, slow, finished)
    assert outside == []


def train(page: Page, server: Server, table: Path) -> None:
    """Upload a table, and train a model without the column that gives the target away."""
    visit(page, server.url, "SparkLIME")
    go_to(page, "Data")
    choose_file(page, table)
    expect(page.get_by_text("178 rows, 15 columns")).to_be_visible()
    press(page, "Use this table")
    expect(page.get_by_text("178 rows, 14 features; target: cultivar (3 classes)")).to_be_visible()

    go_to(page, "Model")
    press(page, "Train")
    expect(page.get_by_text(re.compile("shelf.* alone predicts .*cultivar"))).to_be_visible()
    press(page, "Leave it out and train again")
    expect(page.get_by_text("No trap was found")).to_be_visible()
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    expect(chart(page, re.compile("Confusion matrix"))).to_be_visible()


def show_nothing_to_a_stranger(page: Page, address: str) -> None:
    """Open the address of a person's model in another person's browser."""
    visit(page, address, "Model")
    expect(page.get_by_text("belongs to another person")).to_be_visible()
    expect(page.get_by_text("wine")).to_have_count(0)


def keep_all_after_a_reload(page: Page) -> None:
    """Find the table and the model again."""
    page.reload()
    heading(page, "Model")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    go_to(page, "Data")
    expect(page.get_by_text("wine list: 178 rows")).to_be_visible()


def explain_on_a_cluster(page: Page) -> None:
    """Start a cluster, explain all rows on it, and look at one of them, before and after a reload."""
    go_to(page, "Spark")
    show(page, "a cluster on this machine")
    press(page, "Start the cluster")
    expect(page.get_by_role("button", name="Disconnect")).to_be_visible()
    expect(page.get_by_text(re.compile(r"spark://127\.0\.0\.1:\d+")).first).to_be_visible()
    expect(page.get_by_text("All executors can explain.")).to_be_visible()  # both are there before the rows are

    go_to(page, "Explain")
    press(page, "Explain")
    expect(page.get_by_text("178 of 178 rows explained")).to_be_visible()

    page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
    heading(page, "Rows")
    select_table_row(page, 2)
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    assert chosen_row(page) == 2
    expect(chart(page, re.compile("Weights of the .* of row 2"))).to_be_visible()

    page.reload()
    heading(page, "Rows")
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    assert chosen_row(page) == 2


def look_at_workers(page: Page) -> None:
    """See the rows and the logs of both executors."""
    go_to(page, "Workers")
    expect(page.get_by_text("178 of 178 rows explained")).to_be_visible()
    for executor in ("0", "1"):
        panel = page.get_by_test_id("stExpander").filter(has_text=f"of executor {executor}")
        expect(panel.get_by_text(re.compile(r"explains row \d+")).first).to_be_visible()
        expect(panel.get_by_text("RandomForestClassifier").first).to_be_visible()
    expect(page.get_by_text("executor 0, process").first).to_be_attached()
    expect(page.get_by_text("executor 1, process").first).to_be_attached()


def kill_in_the_middle(page: Page, server: Server, run: Path) -> pa.Table:
    """Kill the server, and with it all that it has started; return the blocks that are on the disk."""
    assert listening_elsewhere(server) == []
    go_to(page, "Spark")
    show(page, "embedded Spark")
    press(page, "Use embedded Spark")
    expect(page.get_by_text("wait for it to end or cancel it, then change the master")).to_be_visible()

    _, left = psutil.wait_procs(server.kill(), timeout=240)
    assert left == []
    finished = blocks_of(run)
    assert 0 < len(finished) < ROWS / SLOW_BLOCK_ROWS
    return finished


def restart_in_an_open_home(server: Server) -> None:
    """Start the server again in a home that others could read, which it closes."""
    server.home.chmod(0o755)
    server.start()
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700


def follow_old_addresses(page: Page, server: Server, run: str) -> None:
    """Open pages by the names that they once had: they keep what the link says."""
    query = {"run": [run], "row": ["3"], "compare": ["3-5"], "filter": ["outcome.right~score.0.1_"]}
    asked = "&".join(f"{name}={value}" for name, (value,) in query.items())
    for old in [*OLD_ADDRESSES, next(iter(OLD_ADDRESSES))]:
        new, title = OLD_ADDRESSES[old]
        visit(page, f"{server.url}/{old}?{asked}", title)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        assert page.url.partition("?")[0] == f"{server.url}/{new}"
        assert query.items() <= query_of(page).items()


def resume(page: Page, server: Server, run: Path, finished: pa.Table) -> None:
    """Resume the run that was interrupted; what was on the disk stays as it was."""
    visit(page, f"{server.url}/runs", "Runs")
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
