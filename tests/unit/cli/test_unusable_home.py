"""A home that cannot be used, or a disk that takes nothing, ends each command with one sentence."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sparklime_core.cli import main
from tests.explain_here import TABLE

Spoil = Callable[[Path, pytest.MonkeyPatch], Path]

EXPLAIN = ["explain", "TABLE", "--target", "y", "--trees", "2", "--num-samples", "30", "--master", "local[1]"]
EXPLAIN_TABLE = ["explain-table", "TABLE", "--trained-on", "TABLE", "--target", "y", "--trees", "2"]
NEED_A_HOME = [
    [*EXPLAIN, "--out", "ELSEWHERE"],
    [*EXPLAIN_TABLE, "--master", "local[1]", "--out", "ELSEWHERE"],
    ["cluster", "--workers", "1"],
    ["doctor", "--master", "local[1]"],
]
WRITE_AN_OUTPUT = [
    [*EXPLAIN, "--out", "HOME/out"],
    ["pack", "--out", "HOME/a.tar.gz"],
    ["sample", "wine", "--out", "HOME/wine.csv"],
]


def a_file(home: Path, _: pytest.MonkeyPatch) -> Path:
    home.touch()
    return home


def below_a_file(home: Path, _: pytest.MonkeyPatch) -> Path:
    home.touch()
    return home / "below"


def refusing(number: int) -> Spoil:
    """Return what lets the system refuse every folder and file that is made in the home."""

    def spoil(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        home.mkdir()
        make, open_file = os.mkdir, os.open

        def refuse(path: object) -> None:
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(str(home)):
                raise OSError(number, os.strerror(number), os.fspath(path))

        def mkdir(path: object, *rest: object, **named: object) -> None:
            refuse(path)
            make(path, *rest, **named)

        def opened(path: object, flags: int, *rest: object, **named: object) -> int:
            if flags & os.O_CREAT:
                refuse(path)
            return open_file(path, flags, *rest, **named)

        monkeypatch.setattr(os, "mkdir", mkdir)
        monkeypatch.setattr(os, "open", opened)
        return home

    spoil.__name__ = errno.errorcode[number]
    return spoil


SPOILT = [
    (a_file, "a file where a folder must be"),
    (below_a_file, "a file where a folder must be"),
    (refusing(errno.ENOSPC), "the disk is full"),
    (refusing(errno.EROFS), "Read-only file system"),
    (refusing(errno.EACCES), "Permission denied"),
]
spoilt = pytest.mark.parametrize(("spoil", "reason"), SPOILT, ids=[spoil.__name__ for spoil, _ in SPOILT])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in a spoilt home; return its exit code and its lines of standard error."""

    def run(command: list[str], spoil: Spoil) -> tuple[int, list[str]]:
        (tmp_path / "table.csv").write_text(TABLE)
        home = spoil(tmp_path / "home", monkeypatch)
        monkeypatch.setenv("SPARKLIME_HOME", str(home))
        monkeypatch.setattr("signal.signal", lambda *_: None)  # `cluster` takes Ctrl-C for itself
        names = {"TABLE": str(tmp_path / "table.csv"), "ELSEWHERE": str(tmp_path / "elsewhere")}
        code = main([names.get(word, word).replace("HOME", str(home)) for word in command])
        return code, capsys.readouterr().err.strip().splitlines()

    return run


@spoilt
@pytest.mark.parametrize("command", NEED_A_HOME, ids=lambda command: command[0])
def test_a_command_that_needs_a_home_says_what_is_wrong_with_it(run, spoil: Spoil, reason: str, command) -> None:
    code, lines = run(command, spoil)
    assert code == 2
    assert reason in lines[-1]
    assert lines[-1].startswith("sparklime: The folder")
    assert not [line for line in lines if "Traceback" in line]


@spoilt
@pytest.mark.parametrize("command", WRITE_AN_OUTPUT, ids=lambda command: command[0])
def test_an_output_that_the_disk_refuses_is_one_sentence(run, spoil: Spoil, reason: str, command) -> None:
    code, lines = run(command, spoil)
    assert code == 2
    assert lines[-1].startswith("sparklime: ")
    assert reason in lines[-1] or "is a file" in lines[-1]
    assert not [line for line in lines if "Traceback" in line]
