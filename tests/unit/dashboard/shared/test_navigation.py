"""Where pages are found."""

from sparklime_core.dashboard.shared.navigation import OLD_ADDRESSES
from sparklime_core.paths import app_file


def test_every_page_is_found_by_a_cold_server() -> None:
    folder = app_file().parent / "pages"
    views = {path.name for path in (folder / "views").glob("*.py")} - {"start.py"}
    old = {f"{address}.py" for address in OLD_ADDRESSES}

    assert {path.name for path in folder.glob("*.py")} == views | old
