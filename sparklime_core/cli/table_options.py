"""The table of a command, read as its options say."""

import argparse
import json
from pathlib import Path

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError


def chosen_roles(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the roles that were chosen; the command line overrules the file.

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


def read_dataset(arguments: argparse.Namespace) -> Dataset:
    """Read and encode the table of a command."""
    return read_csv(
        arguments.data,
        arguments.target,
        task=arguments.task,
        roles=chosen_roles(arguments),
        options=ReadOptions.from_options(vars(arguments)),
    )


def _roles_file(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file of roles {str(path)!r} cannot be read as JSON.") from error
    if not isinstance(found, dict) or not all(isinstance(role, str) for role in found.values()):
        raise SettingsError(f'The file of roles {str(path)!r} must hold {{"NAME": "ROLE"}}.')
    return found
