"""What a person may do wrong, and names that try to be more than text."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import nasty_csv
from tests.browser.server import Server
from tests.browser.steps import choose_file, go_to, opened_dialogs, press, visit


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    path = tmp_path / "**bold** $x$ :smile: <b>file<b>.csv".replace("/", "")
    path.write_bytes(nasty_csv())
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 50)
    return path


def test_a_wrong_file_is_refused_and_nasty_names_are_shown_literally(
    page: Page, server: Server, picture: Path, nasty: Path
) -> None:
    with opened_dialogs(page) as dialogs:
        upload(page, server, picture, nasty)
        look_at_nasty_names(page, nasty)
    assert dialogs == []


def upload(page: Page, server: Server, picture: Path, nasty: Path) -> None:
    """Choose a picture, which is refused, and then a table with nasty names."""
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, picture)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_be_visible()
    assert len(alert.inner_text().split(".")) <= 3
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_role("button", name="Use this table")).to_have_count(0)

    choose_file(page, nasty)
    expect(page.get_by_role("button", name="Use this table")).to_be_visible()


def look_at_nasty_names(page: Page, nasty: Path) -> None:
    """Use the table and train a model: names and values are shown as they are written."""
    press(page, "Use this table")

    chosen = page.get_by_test_id("stAlert")
    expect(chosen).to_be_visible()
    shown = chosen.inner_text().replace("\u2060", "")
    assert nasty.stem in shown
    assert "target: **target** (2 classes)" in shown
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    go_to(page, "Model")
    expect(page.get_by_test_id("stForm")).to_be_visible()
    assert "predicts **target** from" in page.get_by_test_id("stMain").inner_text().replace("\u2060", "")
    press(page, "Train")
    chart = page.get_by_test_id("stVegaLiteChart").first
    expect(chart).to_be_visible()
    expect(chart.get_by_text("<b>no</b>").first).to_be_visible()
    expect(chart.get_by_text("=2+2").first).to_be_visible()
    expect(page.get_by_role("combobox", name="Class")).to_be_visible()
    assert page.locator("[data-testid=stMain] b").count() == 0
