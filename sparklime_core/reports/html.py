"""HTML from parts. Every text is made printable and escaped here, where it becomes HTML, and nowhere else."""

import hashlib
import html
import re
from collections.abc import Iterable, Sequence

from sparklime_core.printable import printable_lines

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser lets a report do: show its own text and drawings. Nothing runs, and nothing is loaded."""

LONGEST_TEXT, LONGEST_CELL = 4000, 1000
"""Characters of a paragraph, and of a table's cell."""

STYLE = """
:root { color-scheme: light dark;
  --ink: #1c2430; --soft: #5a6675; --line: #d8dee7; --back: #ffffff; --panel: #f3f5f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9f0; --soft: #9aa7b8; --line: #323c4a; --back: #12171f; --panel: #1b222d; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 900px; padding: 24px 16px 64px; font: 15px/1.5 sans-serif; color: var(--ink);
  background: var(--back); overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; margin: 0 0 4px; } h2 { font-size: 1.3rem; margin: 40px 0 8px; }
h3 { margin: 24px 0 4px; }
p { margin: 8px 0; } .soft { color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 10px; border-bottom: 1px solid var(--line); }
th { background: var(--panel); font-weight: 600; } figure { margin: 8px 0; }
figure svg { max-width: 100%; height: auto; } figcaption { color: var(--soft); font-size: 14px; }
pre { background: var(--panel); padding: 10px; white-space: pre-wrap; overflow-wrap: anywhere; }
section.row { border: 1px solid var(--line); border-radius: 8px; padding: 4px 16px 12px; margin: 12px 0;
  break-inside: avoid; }
"""


def page(title: str, parts: Iterable[str]) -> bytes:
    """Return a whole document of parts that are HTML already."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    ).encode()


def text(value: object, longest: int | None = LONGEST_TEXT) -> str:
    """Return a text that a browser shows as it is, of bounded length; None: all of it."""
    return html.escape(printable_lines(value, longest))


def heading(level: int, words: str) -> str:
    """Return a heading."""
    return f"<h{level}>{text(words)}</h{level}>"


def paragraph(words: str, *, soft: bool = False) -> str:
    """Return a paragraph; a soft one is an aside."""
    return f"<p{' class=soft' if soft else ''}>{text(words)}</p>"


def code(words: str) -> str:
    """Return a command as it is typed."""
    return f"<pre>{text(words, None)}</pre>"


def figure(svg: str, alt: str) -> str:
    """Return a drawing, with words for people who cannot see it.

    Names inside a drawing are made its own: in one document they would be taken for those of the first drawing.
    """
    own = f"s{hashlib.sha256(svg.encode()).hexdigest()[:12]}-"
    svg = re.sub(r'(\sid="|url\(#)', rf"\g<1>{own}", svg)
    return f'<figure role="img" aria-label="{text(alt)}">{svg}<figcaption>{text(alt)}</figcaption></figure>'


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; nothing when it has no rows."""
    lines = [
        "".join(f"<td>{text('' if cell is None else cell, LONGEST_CELL)}</td>" for cell in row) for row in rows
    ]
    if not lines:
        return ""
    names = "".join(f"<th scope=col>{text(name)}</th>" for name in header)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>'


def section(parts: Iterable[str]) -> str:
    """Return parts in a frame."""
    return f'<section class="row">{"".join(parts)}</section>'
