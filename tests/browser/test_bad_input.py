"""What a person may do wrong, and names that try to be more than text."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import nasty_csv
from tests.browser.server import Server
from tests.browser.steps import choose_file, go_to, press, visit


def test_a_wrong_file_is_told_in_a_sentence(page: Page, server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 50)
    visit(page, f"{server.url}/data", "Data")

    choose_file(page, picture)

    alert = page.get_by_test_id("stAlert")
    expect(alert).to_be_visible()
    assert len(alert.inner_text().split(".")) <= 3
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_role("button", name="Use this table")).to_have_count(0)


def test_a_target_that_is_the_same_in_every_row(page: Page, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "same.csv"
    path.write_text("x,y\n" + "".join(f"{row},only\n" for row in range(20)))
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, path)

    press(page, "Use this table")

    expect(page.get_by_text("there is nothing to learn")).to_be_visible()


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    path = tmp_path / "**bold** $x$ :smile: <b>file<b>.csv".replace("/", "")
    path.write_bytes(nasty_csv())
    return path


def test_nasty_names_are_shown_literally(page: Page, server: Server, nasty: Path) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, nasty)
    expect(page.get_by_role("button", name="Use this table")).to_be_visible()

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
    assert dialogs == []
