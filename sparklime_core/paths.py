"""Where things are: the dashboard's script, Spark's logs, and what can be made again."""

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).parent


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


def newest_folders(parent: Path, pattern: str) -> list[Path]:
    """Return the entries of a folder whose names match, the newest first."""
    return sorted(parent.glob(pattern), key=_modified, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just tidied it away
        return 0.0
