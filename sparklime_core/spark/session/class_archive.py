"""Java's archive of Spark's classes: a JVM maps it in place of reading and checking thousands of classes.

It halves the processor time of a start. It belongs to one Java and one set of jars, so it is kept in the Python
environment that has the jars; Java ignores it where it does not fit. `sparklime prepare` makes it.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyspark

from sparklime_core.atomic_files import atomic_write, make_folder
from sparklime_core.errors import SparkError
from sparklime_core.spark.session.java import java_environment, java_home, java_version

SPARK_HOME = Path(pyspark.__file__).parent
COMPILE_ONCE = "-XX:TieredStopAtLevel=1"
"""Spark's JVMs compile for seconds what they run for milliseconds; this halves the processor time of a start."""

MAKE_SECONDS = 300.0
NOT_MADE = "Java made no archive of Spark's classes; Spark works without it, and takes longer to start."
SMALL_JOB = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.port", "0").getOrCreate()
spark.sparkContext.broadcast(b"model").value
spark.range(0, 100, 1, 2).mapInArrow(lambda batches: batches, "id long").toArrow()
spark.stop()
"""


def quick_start() -> str:
    """Return the options with which a JVM of Spark starts soonest on this machine."""
    files = archive_files()
    if not all(file.is_file() for file in files):
        return COMPILE_ONCE
    return f"{COMPILE_ONCE} -XX:SharedArchiveFile={os.pathsep.join(map(str, files))}"


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
        _run([str(java), "-Xshare:dump", f"-XX:SharedArchiveFile={unfinished}"])
    with _made_by_java(top) as unfinished, tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.py"
        job.write_text(SMALL_JOB)
        options = f"{COMPILE_ONCE} -XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit={unfinished}"
        submit = str(SPARK_HOME / "bin" / "spark-submit")
        _run([submit, "--conf", f"spark.driver.extraJavaOptions={options}", str(job)])


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


def _run(command: list[str]) -> None:
    own = {**os.environ, **java_environment(), "SPARK_HOME": str(SPARK_HOME), "SPARK_LOCAL_IP": "127.0.0.1"}
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    subprocess.run(command, env={**own, **python}, capture_output=True, check=True, timeout=MAKE_SECONDS)
