"""Explanations as HTML for a notebook: no script, and colours for light and for dark pages."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from sparklime_core.charts.colours import AGAINST, FOR, THEMES, Colours
from sparklime_core.explain.trust import fit_words
from sparklime_core.printable import printable
from sparklime_core.wording import count, number

ROOT = "sparklime-explanations"
"""The class of the outermost element, to which all rules of style are bound."""

BARS = 10
"""Features that are drawn of an explanation; the others are counted."""

Result = Mapping[str, Any]


def explanations_html(words: str, results: Iterable[Result], largest: float) -> str:
    """Return results (of the result's schema) as HTML, under a sentence about all of them.

    Every name and value is made printable and escaped. The longest bar is that of the weight `largest`.
    """
    sections = "".join(_section(result, largest or 1.0) for result in results)
    return f'<div class="{ROOT}"><style>{STYLE}</style><p>{_text(words)}</p>{sections}</div>'


def _variables(colours: Colours) -> str:
    return f"--ink: {colours.ink}; --soft: {colours.labels}; --line: {colours.grid}; --back: {colours.background};"


STYLE = f"""
.{ROOT} {{ {_variables(THEMES["light"])} color-scheme: light dark; max-width: 900px; padding: 8px 16px;
  font: 14px/1.5 sans-serif; color: var(--ink); background: var(--back); overflow-wrap: anywhere; }}
@media (prefers-color-scheme: dark) {{ .{ROOT} {{ {_variables(THEMES["dark"])} }} }}
.{ROOT} p {{ margin: 8px 0; color: var(--ink); }} .{ROOT} p.soft {{ color: var(--soft); }}
.{ROOT} section {{ border: 1px solid var(--line); border-radius: 8px; padding: 4px 16px 12px; margin: 12px 0; }}
.{ROOT} table {{ border-collapse: collapse; width: 100%; margin: 0; }}
.{ROOT} tr, .{ROOT} tr:hover {{ background: var(--back); }}
.{ROOT} td {{ font: inherit; text-align: left; vertical-align: middle; padding: 3px 10px; color: var(--ink);
  border: 0; border-bottom: 1px solid var(--line); }}
.{ROOT} td.bar {{ width: 40%; min-width: 120px; }} .{ROOT} td.weight {{ text-align: right; white-space: nowrap; }}
.{ROOT} .lane {{ position: relative; height: 12px; border-left: 1px solid var(--soft); margin-left: 50%; }}
.{ROOT} .lane span {{ position: absolute; top: 0; height: 12px; border-radius: 2px; }}
.{ROOT} .for {{ left: 0; background: {FOR}; }} .{ROOT} .against {{ right: 100%; background: {AGAINST}; }}
"""


def _section(result: Result, largest: float) -> str:
    title = f"Row {result['row_id']}"
    if result["error"] is not None:
        return _framed(title, [_paragraph(f"This row could not be explained: {result['error'].rstrip('.')}.")])
    name = result["label_name"]
    said = (
        f"The model predicts {number(result['prediction'])}, the surrogate {number(result['local_prediction'])}. "
        f"{fit_words(result)}"
    )
    entries = result["explanation"]
    lines = "".join(_line(entry, largest) for entry in entries[:BARS])
    parts = [_paragraph(said, soft=True), f"<table><tbody>{lines}</tbody></table>"]
    if len(entries) > BARS:
        parts.append(_paragraph(f"{count(len(entries) - BARS, 'weaker feature')} more.", soft=True))
    return _framed(f"{title}, label {name}", parts)


def _line(entry: Mapping[str, Any], largest: float) -> str:
    """Return a line of the table: the condition, its bar from the middle, and its weight."""
    weight = entry["weight"]
    kind = "for" if weight >= 0 else "against"
    bar = f'<span class="{kind}" style="width: {100 * abs(weight) / largest:.1f}%"></span>'
    return (
        f"<tr><td>{_text(entry['feature_explanation'])}</td>"
        f'<td class="bar"><div class="lane" aria-hidden="true">{bar}</div></td>'
        f'<td class="weight">{weight:+.3g}</td></tr>'
    )


def _framed(title: str, parts: Iterable[str]) -> str:
    return f"<section><p><strong>{_text(title)}</strong></p>{''.join(parts)}</section>"


def _paragraph(words: str, *, soft: bool = False) -> str:
    return f"<p{' class=soft' if soft else ''}>{_text(words, None)}</p>"


def _text(value: object, longest: int | None = 200) -> str:
    return html.escape(printable(value, longest))
