"""What the pages of figures share: tables, and the machine that the figures hold for."""

import platform
from importlib.metadata import version
from pathlib import Path


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; figures stand to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine(*packages: str) -> str:
    """Return the processor, and the versions of Python and of some packages."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{_processor()}; Python {platform.python_version()}, {versions}"


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
