"""HTML from the package's templates. Every value is made printable and escaped here, and nowhere else.

A template says how a document looks, with a style and macros for all of them. Its values are plain.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sparklime_core.printable import printable_lines

LONGEST_TEXT, LONGEST_CELL = 4000, 1000
"""Characters of a paragraph, and of a table's cell."""


def render(template: str, **values: Any) -> str:
    """Return a template filled with values: texts, numbers, mappings and sequences of them, or `Markup`."""
    return environment().get_template(template).render(**values)


@cache
def environment() -> Environment:
    """Return where templates are loaded from, and how their values become HTML."""
    found = Environment(
        loader=PackageLoader("sparklime_core", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["cell"] = lambda value: _bounded("" if value is None else value, LONGEST_CELL)
    found.filters["whole"] = lambda value: _bounded(value, None)
    return found


def _shown(value: Any) -> Any:
    """Make a value of a template printable; what is HTML already stays."""
    return value if isinstance(value, Markup) else printable_lines(value, LONGEST_TEXT)


def _bounded(value: Any, longest: int | None) -> Markup:
    return escape(printable_lines(value, longest))
