"""The options that say how a table is read and what its columns are, for every command that takes a table."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from sparklime_core.cli.options import columns
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError

if TYPE_CHECKING:
    from sparklime_core.data.dataset import Dataset

TASKS = ("auto", "classification", "regression")


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; everything that is not given is found out."""
    table = parser.add_argument_group("the table (whatever is not given is found out)")
    table.add_argument("--role", action="append", default=[], metavar="NAME=ROLE", help=ROLE_HELP)
    table.add_argument("--roles", type=Path, metavar="FILE.json", help='many of them, as {"NAME": "ROLE"}')
    table.add_argument(
        "--categorical", default=(), type=columns, metavar="A,B", help="columns that hold categories"
    )
    table.add_argument("--drop", default=(), type=columns, metavar="A,B", help="columns to leave out")
    table.add_argument("--task", default="auto", choices=TASKS, help="whether the target is classes or a number")
    table.add_argument("--encoding", help="utf-8, cp1252, utf-16, ...")
    table.add_argument("--delimiter", type=_delimiter, help="one character, or tab, or space (any run of them)")
    table.add_argument("--quote", choices=('"', "'", "none"), help="the quotation mark")
    table.add_argument(
        "--escape", type=_escape, help="before a quotation mark in a text: backslash, none, or one sign"
    )
    table.add_argument("--header", choices=("yes", "no"), help="whether the first line names the columns")
    table.add_argument("--decimal", choices=(".", ","), help="the decimal mark")
    table.add_argument("--day-first", choices=("yes", "no"), help="whether 03/04/2020 is in April")
    table.add_argument("--missing", type=columns, metavar="A,B", help="the words that mean: no value")
    table.add_argument("--member", metavar="FILE", help="which file of a zip archive")


ROLE_HELP = "what a column is: numeric, categorical, date or drop; may be given many times"


def read_options(arguments: argparse.Namespace) -> ReadOptions:
    """Return what was said about reading the file."""
    return ReadOptions(
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        quote="" if arguments.quote == "none" else arguments.quote,
        header=_truth(arguments.header),
        decimal=arguments.decimal,
        day_first=_truth(arguments.day_first),
        missing_words=arguments.missing,
        member=arguments.member,
        escape=arguments.escape,
    )


def chosen_roles(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the roles that were chosen; what is said on the command line overrules the file.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a role is not of the form NAME=ROLE.
    """
    roles = {} if arguments.roles is None else _roles_file(arguments.roles)
    roles |= dict.fromkeys(arguments.categorical, "categorical") | dict.fromkeys(arguments.drop, "drop")
    for text in arguments.role:
        name, equals, role = text.rpartition("=")
        if not equals:
            raise SettingsError(f"A role must be of the form NAME=ROLE, not {text!r}.")
        roles[name] = role
    return roles


def read_dataset(arguments: argparse.Namespace) -> "Dataset":
    """Read and encode the table of a command."""
    from sparklime_core.data.build_dataset import read_csv  # noqa: PLC0415 - takes a second

    return read_csv(
        arguments.data,
        arguments.target,
        task=arguments.task,
        roles=chosen_roles(arguments),
        options=read_options(arguments),
    )


def _roles_file(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file of roles {str(path)!r} cannot be read as JSON.") from error
    if not isinstance(found, dict) or not all(isinstance(role, str) for role in found.values()):
        raise SettingsError(f'The file of roles {str(path)!r} must hold {{"NAME": "ROLE"}}.')
    return found


def _delimiter(text: str) -> str:
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)


def _escape(text: str) -> str:
    return {"none": "", "backslash": "\\"}.get(text, text)


def _truth(text: str | None) -> bool | None:
    return None if text is None else text == "yes"
