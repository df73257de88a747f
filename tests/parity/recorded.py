"""What lime said when it was asked last, so that most of it need not be asked again.

``lime-VERSION.parquet`` holds lime's answers to the questions of these tests. To ask lime everything and write it:
``python -m tests.parity.record``. A run of the tests takes nine answers of ten from there, and asks lime for the
others. ``PARITY_SEED`` decides which: a number that changes with each run, and that a failure names.

Where an engine does not agree with what is recorded, lime is asked at once, and its answer counts: the record may
be of another machine, or of a table that a test has changed since.
"""

import os
import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

FILE = Path(__file__).with_name(f"lime-{version('lime')}.parquet")
ANEW = 10
"""One in so many questions is asked anew."""

SEED = os.environ.get("PARITY_SEED") or str(secrets.randbelow(10**6))


class Said(NamedTuple):
    """An answer of lime: its texts, and its figures in an order that whoever asks knows."""

    texts: list[str]
    figures: list[float]


Ask = Callable[[], Said]


def check_against_lime(questions: Mapping[str, Ask], check: Callable[[Sequence[Said]], None]) -> None:
    """Check something against lime's answers.

    Parameters
    ----------
    questions
        What asks lime, by names that are unique in the running test.
    check
        Takes the answers in the order of the questions; raises AssertionError where it does not agree with them.
    """
    test = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].rpartition(" ")[0]
    known = {name: recorded.get(f"{test} {name}") for name in questions if not _is_due(f"{test} {name}")}
    answers = {name: known.get(name) or ask() for name, ask in questions.items()}
    try:
        check(list(answers.values()))
    except AssertionError:
        answers = {name: ask() for name, ask in questions.items()}
        try:
            check(list(answers.values()))
        except AssertionError as error:
            raise AssertionError(f"not what lime says; PARITY_SEED={SEED}: {error}") from error
    asked.update({f"{test} {name}": said for name, said in answers.items()})


def _is_due(key: str) -> bool:
    return zlib.crc32(f"{SEED} {key}".encode()) % ANEW == 0


def _read() -> dict[str, Said]:
    if not FILE.exists():
        return {}
    return {row["key"]: Said(row["texts"], row["figures"]) for row in pq.read_table(FILE).to_pylist()}


recorded = _read()
asked: dict[str, Said] = {}
