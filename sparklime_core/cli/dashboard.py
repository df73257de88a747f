"""``dashboard``: start the page, from any folder."""

import argparse
import os
import runpy
import sys
from importlib.util import find_spec

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
    """Run Streamlit's server in this process; it ends the process itself."""
    if find_spec("streamlit") is None:
        raise ModuleNotFoundError("No module named 'streamlit'", name="streamlit")
    app = app_file()
    os.chdir(app.parent)  # where Streamlit looks for .streamlit/config.toml
    options = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    sys.argv = ["streamlit", "run", app.name, *options]
    runpy.run_module("streamlit", run_name="__main__")
    return 0
