"""What the command line prints is text, whatever a table holds."""

import ast
import contextlib
import json
from pathlib import Path

import pytest

import sparklime_core.cli
from sparklime_core.cli import main

COMMANDS = Path(sparklime_core.cli.__file__).parent
ODD = "\x1b]0;owned\x07\x9b31m\u202e"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / f"a{ODD}.csv"
    lines = [f"x{ODD},y", *(f"{at},{'ab'[at % 2]}" for at in range(40))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def is_text(printed):
    return all(character == "\n" or character.isprintable() for character in printed)


@pytest.mark.parametrize(
    "options", [[], ["--target", "y"], ["--target", f"z{ODD}"], ["--role", f"z{ODD}=x"], [f"--z{ODD}"], ["--json"]]
)
def test_names_move_no_cursor(table, options, capsys):
    with contextlib.suppress(SystemExit):
        main(["describe", table, *options])
    printed = capsys.readouterr()
    assert is_text(printed.out), ascii(printed.out)
    assert is_text(printed.err), ascii(printed.err)
    assert "\\x1b" in printed.out + printed.err or "\\u001b" in printed.out


def test_json_stays_json(table, capsys):
    assert main(["describe", table, "--target", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"][0]["name"].endswith("\u202e")


def test_no_command_prints_in_another_way():
    for path in COMMANDS.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        assert "print" not in names or path.name == "output.py", path
