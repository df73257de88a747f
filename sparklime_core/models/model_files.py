"""Keep a model on disk with skops: a format that is audited before anything of it is constructed."""

import hashlib
import pickletools
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparklime_core.data.source_files import read_at_most
from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.model_kind import SUFFIXES
from sparklime_core.limited.limits import Limits
from sparklime_core.limited.process import call_limited, import_ahead

ASKED_ROWS = 256
"""How many rows a model is asked about before it is used."""

GIVEN = tuple(suffix for suffix, entry in SUFFIXES.items() if entry.library != "sparklime_core")
"""The endings of files that people have; ours are written by runs alone."""

WORK = "Opening the model"
SKOPS = ".skops"
TRIAL = "sparklime_core.models.model_trial"
"""The module of what is called in the limited process; to import it takes seconds, there and here at one time."""

_known: set[str] = set()
"""Digests of the model files that this process has written, or that have passed the trial."""


@dataclass(frozen=True)
class ModelFile:
    """A model's file as it was given.

    Attributes
    ----------
    suffix
        The ending of its name, which says what it is: ``".skops"``, or that of a library's own files.
    data
        Its bytes.
    """

    suffix: str
    data: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return _digest(self.data)


def model_limits() -> Limits:
    """Return the limits of opening a model: ``SPARKLIME_MODEL_MEMORY`` (GiB) and ``SPARKLIME_MODEL_SECONDS``."""
    return Limits.from_environment("SPARKLIME_MODEL", memory=4, seconds=300)


def save_estimator(estimator: Any, path: Path) -> None:
    """Write an estimator to a file in skops' format."""
    import skops.io  # noqa: PLC0415 - it takes seconds to load, and listing runs does not need it

    data = skops.io.dumps(estimator)
    path.write_bytes(data)
    _known.add(_digest(data))


def list_types(path: Path) -> tuple[str, ...]:
    """Return the types in a model file that are in no list of ours, without constructing anything of it.

    A booster's own file has no types.

    Raises
    ------
    ModelError
        When the file is of no format that is known; a pickle is refused with the reason.
    LimitError
        When finding out takes more than `model_limits`.
    """
    file = read_model(path)
    if file.suffix != SKOPS:
        return ()
    import_ahead(TRIAL)
    from sparklime_core.models.model_trial import list_foreign_types  # noqa: PLC0415 - as above

    return tuple(_in_child(list_foreign_types, file.data))


def load_estimator(path: Path, rows: Any = None) -> Any:
    """Read an estimator back. It is audited, loaded, checked and asked in a limited process first.

    Parameters
    ----------
    path
        The file.
    rows
        (r, d) rows that it will be asked about, or a DataFrame of them; the first are tried. None: a row of zeros.

    Raises
    ------
    ModelError
        When the file is no skops file, is damaged, or holds types that are not trusted; the message names them.
    LimitError
        When the trial takes more than `model_limits`, or crashes.
    """
    file = read_model(path)
    if file.digest not in _known:
        import_ahead(TRIAL)
    from sparklime_core.models.model_trial import restore, try_estimator  # noqa: PLC0415 - as above

    asked = None if rows is None else rows[:ASKED_ROWS]
    if file.digest not in _known:
        _in_child(try_estimator, file.data, asked)
        _known.add(file.digest)
    try:
        return restore(file.data)
    except ModelError:
        # This process has written it, of types that it does not trust to be read: the trial names them.
        _in_child(try_estimator, file.data, asked)
        raise


def read_model(path: Path) -> ModelFile:
    """Return a model file.

    Raises
    ------
    ModelError
        When there is none, it is a pickle, in another format, or too large.
    """
    limits = model_limits()
    try:
        with path.open("rb") as file:
            data = read_at_most(file, limits.memory + 1)
    except OSError:
        raise ModelError(f"There is no model file {path.name!r}.") from None
    if len(data) > limits.memory:
        raise ModelError(limits.too_large(WORK))
    suffix = path.suffix.lower()
    if suffix in SUFFIXES and not _is_pickle(path, data):
        return ModelFile(suffix, data)
    if not zipfile.is_zipfile(path):
        raise _not_skops(path, data)
    return ModelFile(SKOPS, data)


def _in_child(function: Any, data: bytes, *arguments: Any) -> Any:
    limits = model_limits()
    return call_limited(function, data, limits.memory, *arguments, limits=limits, work=WORK).value


def is_known(file: ModelFile) -> bool:
    """Return whether this process has written a file, or has seen it pass the trial."""
    return file.digest in _known


def mark_known(file: ModelFile) -> None:
    """Remember that a file has passed the trial, or was made here."""
    _known.add(file.digest)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _not_skops(path: Path, data: bytes) -> ModelError:
    if _is_pickle(path, data):
        return ModelError(
            f"The file {path.name!r} is a pickle, which can run any program when it is opened; "
            "save the model with skops.io.dump, or in the format of its own library."
        )
    return ModelError(
        f"The file {path.name!r} is not a model in the skops format; save it with skops.io.dump, or give it the "
        f"ending of its library's own files: {', '.join(GIVEN)}."
    )


def _is_pickle(path: Path, data: bytes) -> bool:
    """Return whether a file begins as pickles (joblib's too, packed or not) do; nothing is executed."""
    if path.suffix.lower() in (".pkl", ".pickle", ".joblib", ".dill") or data[:1] == b"\x80":
        return True
    try:
        return next(pickletools.genops(data[:64]))[0].name in ("PROTO", "MARK", "GLOBAL")
    except (ValueError, StopIteration):
        return False
