"""The one way in which the command line prints: a name from a table moves no cursor and changes no colour."""

import sys

from sparklime_core.printable import printable, printable_lines


def say(text: object) -> None:
    """Print lines of results on standard output."""
    print(printable_lines(text, None), flush=True)


def complain(text: object) -> None:
    """Print one line on standard error."""
    print(printable(" ".join(str(text).split()), None), file=sys.stderr, flush=True)
