"""Values in a template are text, whatever they hold."""

from sparklime_core.reports.html_templates import LONGEST_CELL, environment

TABLE = """{% import "parts.html" as parts %}{{ parts.table(names, rows) }}"""
NASTY = "<b>x</b>\x1b\u202e"


def table(*cells: object) -> str:
    return environment().from_string(TABLE).render(names=[NASTY], rows=[cells])


def test_values_are_escaped_and_printable() -> None:
    assert table(NASTY).count(r"&lt;b&gt;x&lt;/b&gt;\x1b\u202e") == 2


def test_cells_are_bounded_and_none_is_empty() -> None:
    found = table("€" * 5000, None)

    assert "<td></td>" in found
    assert found.count("€") == LONGEST_CELL
