"""The command line: the same job without a browser."""

from sparklime_core.cli.main import main

__all__ = ["main"]
