"""``dashboard``: start the page, from any folder."""

import argparse
import os

from sparklime_core.cli.options import Commands
from sparklime_core.paths import app_file

DEFAULT_ADDRESS, DEFAULT_PORT = "127.0.0.1", 8501


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("dashboard", help="start the page on this machine, until Ctrl-C")
    parser.set_defaults(run=run)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port (default {DEFAULT_PORT})")
    parser.add_argument(
        "--address",
        default=DEFAULT_ADDRESS,
        help=f"address to listen on (default {DEFAULT_ADDRESS}: this machine alone)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run Streamlit's server in this process; return its exit code."""
    from streamlit.web import cli  # noqa: PLC0415 - takes a second

    app = app_file()
    os.chdir(app.parent)  # where Streamlit looks for .streamlit/config.toml
    options = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    return int(cli.main(["run", app.name, *options], standalone_mode=False) or 0)
