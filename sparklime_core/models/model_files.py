"""Keep a model on disk with skops: a format that is audited before anything of it is constructed."""

import pickletools
import zipfile
from pathlib import Path
from typing import Any

from sparklime_core.data.source_bytes import BOUNDED, DAMAGED
from sparklime_core.errors import ModelError

TRUSTED = frozenset(
    {
        "numpy.dtype",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.LogLink",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.AbsoluteError",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfGammaLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfPoissonLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn._loss.loss.PinballLoss",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.tree._tree.Tree",
    }
)
"""Types that a model may hold beside those that skops trusts by itself: data, nothing that can be called."""

MOST_BYTES = 4 * 2**30
"""The largest model, unpacked."""


def save_estimator(estimator: Any, path: Path) -> None:
    """Write an estimator to a file in skops' format."""
    import skops.io  # noqa: PLC0415 - it takes seconds to load, and listing runs does not need it

    skops.io.dump(estimator, path)


def list_types(path: Path) -> tuple[str, ...]:
    """Return the types in a model file that nobody has vouched for, without constructing anything of it.

    Raises
    ------
    ModelError
        When the file is no skops file; a pickle is refused with the reason.
    """
    import skops.io  # noqa: PLC0415 - as above

    if not path.is_file():
        raise ModelError(f"There is no model file {path.name!r}.")
    _check_format(path)
    try:
        return tuple(name for name in skops.io.get_untrusted_types(file=path) if name not in TRUSTED)
    except Exception as error:
        raise ModelError(f"The file {path.name!r} is not a model in the skops format.") from error


def load_estimator(path: Path) -> Any:
    """Read an estimator back.

    Raises
    ------
    ModelError
        When the file is no skops file, or holds types that are not to be trusted; the message names them.
    """
    import skops.io  # noqa: PLC0415 - as above

    foreign = list_types(path)
    if foreign:
        shown = ", ".join(foreign[:10]) + (" …" if len(foreign) > 10 else "")
        raise ModelError(
            f"The model file {path.name!r} holds types that are not trusted, so nothing of it was loaded: {shown}."
        )
    try:
        return skops.io.load(path, trusted=list(TRUSTED))
    except Exception as error:
        raise ModelError(
            f"The model in {path.name!r} cannot be restored; save it with the versions of scikit-learn and skops "
            "that are installed here."
        ) from error


def _check_format(path: Path) -> None:
    if zipfile.is_zipfile(path):
        _check_archive(path)
        return
    if _is_pickle(path):
        raise ModelError(
            f"The file {path.name!r} is a pickle, which can run any program when it is opened; "
            "save the model with skops.io.dump instead."
        )
    raise ModelError(f"The file {path.name!r} is not a model in the skops format; save it with skops.io.dump.")


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except DAMAGED as error:
        raise ModelError(f"The model file {path.name!r} is damaged; save it again with skops.io.dump.") from error
    if any(entry.compress_type not in BOUNDED for entry in entries):
        raise ModelError(
            f"The model file {path.name!r} is packed in an unusual way; save it with skops.io.dump as it is."
        )
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ModelError(f"The model file {path.name!r} unpacks to more than {MOST_BYTES // 2**30} GiB.")


def _is_pickle(path: Path) -> bool:
    """Return whether a file begins as pickles (joblib's too, packed or not) do; nothing is executed."""
    with path.open("rb") as file:
        start = file.read(2)
        if path.suffix.lower() in (".pkl", ".pickle", ".joblib", ".dill") or start[:1] == b"\x80":
            return True
        file.seek(0)
        try:
            return next(pickletools.genops(file.read(64)))[0].name in ("PROTO", "MARK", "GLOBAL")
        except (ValueError, StopIteration):
            return False
