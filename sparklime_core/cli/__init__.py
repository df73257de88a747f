"""The command line: the same job without a browser."""


def main() -> int:
    """Run the command line; return its exit code."""
    return 0
