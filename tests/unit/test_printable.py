"""Texts from strangers."""

import pytest

from sparklime_core.printable import LONGEST, printable, printable_lines

ODD = [
    *map(chr, range(32)),
    "\x7f",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\ud800",
    "\ufffe",
    "\uffff",
    "\U0001ffff",
]


@pytest.mark.parametrize("character", ODD, ids=ascii)
def test_an_odd_character_is_written_as_python_writes_it(character):
    assert printable(f"a{character}b") == f"a{character.encode('unicode_escape').decode()}b"


def test_everything_else_stays_as_it_is():
    text = "Größe <b> 漢字 العربية שלום 😀 👩\u200d🔬 a\\b … £ `x` ~"
    assert printable(text) == text == printable_lines(text)
    assert printable(3.5) == "3.5"


def test_a_long_text_ends_and_two_of_them_stay_two():
    long = "x" * 1_000_000
    shown = [printable(long + end) for end in ("a", "b")]
    assert [len(text) for text in shown] == [LONGEST, LONGEST]
    assert shown[0] != shown[1]
    assert printable("x" * LONGEST) == "x" * LONGEST
    assert len(printable("\x00" * LONGEST)) == LONGEST
    assert printable(shown[0]) == shown[0]


def test_lines_of_a_command_stay_lines():
    assert printable_lines("a\n\tb\r\x1b[0m") == "a\n\tb\\r\\x1b[0m"
    assert printable_lines("x" * 10, 4) == "xxxx…"
