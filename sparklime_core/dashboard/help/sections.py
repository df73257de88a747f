"""The help page's sections, from the Markdown files of the assets."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "assets" / "help"


@dataclass(frozen=True)
class Section:
    """A section of the help page.

    Attributes
    ----------
    anchor
        Its place in the page's address.
    title, text
        Its heading, and what follows in Markdown.
    """

    anchor: str
    title: str
    text: str


@cache
def sections() -> tuple[Section, ...]:
    """Return the sections in their order."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.md")))


def _read(path: Path) -> Section:
    heading, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Section(path.stem.partition("-")[2], heading.removeprefix("# "), text.strip())
