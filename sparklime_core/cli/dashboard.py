"""``dashboard``: start the page, from any folder."""

import argparse
import os
import runpy
import sys
from importlib.util import find_spec

from sparklime_core.paths import app_file


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
