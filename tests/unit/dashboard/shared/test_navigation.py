"""Where pages are found."""

from sparklime_core.dashboard.shared.navigation import MENU, OLD_ADDRESSES
from sparklime_core.paths import app_file


def test_every_script_is_a_page_with_a_question() -> None:
    scripts = {f"pages/views/{path.name}" for path in (app_file().parent / "pages" / "views").glob("*.py")}
    entries = [entry for section in MENU.values() for entry in section]

    assert {entry.script for entry in entries} == scripts
    assert len(entries) == len(scripts)
    assert [entry.title for entry in entries if not entry.question] == ["Start"]


def test_old_addresses_lead_to_pages() -> None:
    addresses = {
        entry.script.removeprefix("pages/views/").removesuffix(".py")
        for section in MENU.values()
        for entry in section
    }

    assert set(OLD_ADDRESSES.values()) <= {entry.script for section in MENU.values() for entry in section}
    assert not addresses & set(OLD_ADDRESSES)
