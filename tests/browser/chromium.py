"""Find a Chromium, or get one: on the PATH, from Playwright, or from the system's packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL_SECONDS = 300

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""No sandbox: CI runs as root in a container, and the pages are our own."""


def find_chromium() -> str | None:
    """Return the path of a Chromium, after trying to install one; None when there is no way."""
    return _installed() or _playwrights() or _from_playwright() or _from_packages()


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).is_file() else None


def _from_playwright() -> str | None:
    return _playwrights() if _succeeds([sys.executable, "-m", "playwright", "install", "chromium"]) else None


def _from_packages() -> str | None:
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    if not _succeeds(["apt-get", "install", "-y", "chromium"]):
        _succeeds(["apt-get", "update"])
        _succeeds(["apt-get", "install", "-y", "chromium"])
    return _installed()


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
