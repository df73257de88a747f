"""The environment in an archive, for executors whose own Python lacks what explaining needs.

The archive has the layout of ``venv-pack`` (``bin/python`` and ``lib``). ``spark.archives`` unpacks it in the
folder of each executor. It is written by hand: ``venv-pack`` and ``conda-pack`` take a whole environment, and
refuse editable installs; this one takes the packages that executors need, from where they are installed.
"""

import os
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sparklime_core.atomic_files import atomic_write, disk_errors_explained, make_folder
from sparklime_core.errors import SparkError
from sparklime_core.spark.executors.self_report import NEEDED_PACKAGES, python_version

FOLDER = "environment"
"""Name of the folder that the archive becomes where an executor runs."""

PYTHON = f"./{FOLDER}/bin/python"
LEFT_OUT = frozenset({"scikit-image", "matplotlib", "pyspark", "sparklime"})
"""What lime needs for images and plots alone, and what Spark and SparkLIME bring along themselves."""

SKIPPED_FOLDERS = frozenset({"tests", "__pycache__", "include"})
COMPRESSION = 1
ENDINGS = (".tar.gz", ".tgz")


def pack_environment(target: Path, *, further: Iterable[str] = (), python: str | None = None) -> list[str]:
    """Write an archive of this Python's packages that executors need.

    Parameters
    ----------
    target
        The file, ``.tar.gz``.
    further
        Names of more packages, which a model of one's own needs.
    python
        Where the executors' machines have this version of Python; where it is here, when None.

    Returns
    -------
    list of str
        The packages in it, as ``name==version``.

    Raises
    ------
    SparkError
        When a package is not installed.
    RunError
        When the file cannot be written.
    """
    if not target.name.endswith(ENDINGS):
        raise SparkError(f"The archive must be a .tar.gz file, not {target.name!r}.")
    packed = _closure([*NEEDED_PACKAGES, "threadpoolctl", *further])
    with disk_errors_explained(target, "archive"):
        make_folder(target.parent)
        with (
            atomic_write(target) as made,
            tarfile.open(made, mode="w:gz", compresslevel=COMPRESSION, dereference=True) as archive,
        ):
            _add_python(archive, python or _base_python())
            for one in packed:
                for source, name in _files(one):
                    archive.add(source, f"{_site_packages()}/{name}", recursive=False)
    return sorted(f"{one.name}=={one.version}" for one in packed)


def archive_conf(archive: str | os.PathLike[str]) -> dict[str, str]:
    """Return Spark's settings with which executors run the Python of an archive.

    Parameters
    ----------
    archive
        What `pack_environment`, ``venv-pack`` or ``conda-pack`` has made: a path, or a URI that Spark reads.

    Raises
    ------
    SparkError
        When there is no such file.
    """
    place = os.fspath(archive)
    if "://" not in place:
        if not Path(place).is_file():
            raise SparkError(f"There is no archive {place!r}; make one with: sparklime pack --out {place}")
        place = str(Path(place).resolve())
    return {"spark.archives": f"{place}#{FOLDER}", "spark.pyspark.python": PYTHON}


def _closure(names: Iterable[str]) -> list[Distribution]:
    """Return packages and all that they ask for."""
    found: dict[str, Distribution] = {}
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name in found or name in LEFT_OUT:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            raise SparkError(f"The package {name!r} is not installed here, so it cannot be packed.") from None
        left.extend(_required(found[name]))
    return list(found.values())


def _required(one: Distribution) -> Iterator[str]:
    """Yield the names of what a package asks for on this machine; extras are left out."""
    for requirement in map(Requirement, one.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _files(one: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the files of a package below ``site-packages``, and their names there."""
    if one.files is None:
        raise SparkError(f"The package {one.name!r} does not say which files it has, so it cannot be packed.")
    for entry in one.files:
        if ".." in entry.parts or SKIPPED_FOLDERS.intersection(entry.parts[:-1]):
            continue
        source = Path(str(entry.locate()))
        if source.is_file():
            yield str(source), entry.as_posix()


def _add_python(archive: tarfile.TarFile, python: str) -> None:
    link = tarfile.TarInfo("bin/python")
    link.type, link.linkname = tarfile.SYMTYPE, python
    archive.addfile(link)
    config = f"home = {Path(python).parent}\ninclude-system-site-packages = false\nversion = {python_version()}\n"
    entry = tarfile.TarInfo("pyvenv.cfg")
    entry.size = len(config)
    archive.addfile(entry, BytesIO(config.encode()))


def _base_python() -> str:
    """Return the Python on which this environment stands."""
    executable: str = getattr(sys, "_base_executable", sys.executable)
    return os.path.realpath(executable)


def _site_packages() -> str:
    return Path(sysconfig.get_path("purelib", "posix_prefix", vars={"base": "/"})).as_posix().lstrip("/")
