"""Texts for people: names from data made harmless, and numbers with their units and sensible digits."""

import re

from sparklime_core.printable import printable
from sparklime_core.wording import count, duration, executor_name, number, speed

__all__ = ["count", "duration", "executor_name", "number", "plain", "speed"]

_JOINER = "\u2060"
"""A word joiner: invisible, and it keeps Streamlit from seeing ":smile:" or "->" where a name holds them."""

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ARROWS = re.compile(r"(<->|->|<-|--|>=|<=|~=)")


def plain(text: object) -> str:
    """Return a text that Streamlit's Markdown shows literally, on one line.

    Every mark of punctuation is escaped; characters that cannot be shown, or turn a line around, are written out.
    Streamlit looks for emoji short codes, icons and arrows once more after the escapes are gone, so these get an
    invisible word joiner inside.
    """
    line = printable(" ".join(str(text).split()), None)
    parts = [_ARROWS.sub(lambda found: _JOINER.join(found.group()), part) for part in line.split(":")]
    return _PUNCTUATION.sub(r"\\\1", f":{_JOINER}".join(parts))
