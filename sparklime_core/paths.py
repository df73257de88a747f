"""Where things are: the dashboard's script, Spark's logs, what can be made again; and that they are private."""

import os
from pathlib import Path

import platformdirs

from sparklime_core.atomic_files import close_folder, make_folder

PACKAGE = Path(__file__).parent

PRIVATE = 0o700
"""Rights of a folder for its owner alone."""

PRIVATE_MASK = 0o077
"""What a process takes from the rights of the files that it makes, so that they are their owner's alone."""


def app_file() -> Path:
    """Return the dashboard's script: in the installed package, or at the top of the repository."""
    installed = PACKAGE / "dashboard_app" / "app.py"
    return installed if installed.is_file() else PACKAGE.parent / "app.py"


def logs_folder() -> Path:
    """Return where drivers and clusters write their logs: under ``SPARKLIME_HOME``, or the platform's place."""
    home = os.environ.get("SPARKLIME_HOME")
    return Path(home).expanduser() / "logs" if home else Path(platformdirs.user_log_dir("sparklime"))


def cache_folder() -> Path:
    """Return where what can be made again is kept."""
    home = os.environ.get("SPARKLIME_HOME")
    return Path(home).expanduser() / "cache" if home else Path(platformdirs.user_cache_dir("sparklime"))


def warehouse_folder() -> Path:
    """Return where Spark's own catalog keeps its tables, which Spark makes at its start: else where one works."""
    home = os.environ.get("SPARKLIME_HOME")
    return (Path(home).expanduser() if home else Path(platformdirs.user_data_dir("sparklime"))) / "warehouse"


def private_folder(folder: Path) -> Path:
    """Make a folder that its owner alone can enter, and the folders of SparkLIME above it; return it.

    One that others can enter, as earlier versions made it, is closed to them. A folder that belongs to somebody
    else, or to everybody like ``/tmp``, stays as it is.
    """
    make_folder(folder, PRIVATE)
    named = os.environ.get("SPARKLIME_HOME")
    home = Path(named).expanduser() if named else folder
    for place in (home, *(place for place in (*folder.parents, folder) if home in place.parents)):
        close_folder(place, PRIVATE)
    return folder


def newest_folders(parent: Path, pattern: str) -> list[Path]:
    """Return the entries of a folder whose names match, the newest first."""
    return sorted(parent.glob(pattern), key=_modified, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just tidied it away
        return 0.0
