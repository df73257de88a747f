"""Where pages are found."""

from pathlib import Path

from sparklime_core.dashboard.coldstart import APP
from sparklime_core.dashboard.shared.navigation import OLD_ADDRESSES


def test_every_page_is_found_by_a_cold_server() -> None:
    folder = Path(APP).parent / "pages"
    views = {path.name for path in (folder / "views").glob("*.py")} - {"start.py"}
    old = {f"{address}.py" for address in OLD_ADDRESSES}

    assert {path.name for path in folder.glob("*.py")} == views | old
