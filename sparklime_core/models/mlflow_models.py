"""Models in MLflow: fetched by their address, and loaded by their flavour."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparklime_core.errors import ModelError, reason
from sparklime_core.extras import extras_named

SCHEMES = ("models:/", "runs:/")
FLAVOURS = ("spark", "xgboost", "lightgbm", "catboost", "sklearn")
"""Flavours that are known, the most telling first: a model may have several."""

OWN_FILES = {"xgboost": ".ubj", "lightgbm": ".txt", "catboost": ".cbm"}
"""The endings of the libraries' own files, which MLflow gives other ones."""

ENDINGS = (".json", ".ubj", ".txt", ".cbm", ".skops")
PICKLES = (".pkl", ".pickle", ".joblib", ".cloudpickle")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Fetched:
    """A model on this machine.

    Attributes
    ----------
    path
        A file or folder for `load_model`; None where the model is pickled.
    estimator
        What was unpickled; None otherwise.
    """

    path: Path | None
    estimator: Any = None


def is_model_uri(source: Any) -> bool:
    """Return whether something is an address of a model in MLflow."""
    return isinstance(source, str) and source.startswith(SCHEMES)


def warn(sentence: str) -> None:
    """Warn of a sentence by Python's own warnings."""
    warnings.warn(sentence, stacklevel=4)


@contextmanager
def fetched(uri: str, say: Say = warn) -> Iterator[Fetched]:
    """Fetch a model for as long as the block lasts.

    Parameters
    ----------
    uri
        ``models:/name@alias``, ``models:/name/version`` or ``runs:/id/path``; of the tracking server that
        ``MLFLOW_TRACKING_URI`` names.
    say
        Is given one sentence before a pickle is opened, which can run any program.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    ModelError
        When there is no such model, or it has none of the `FLAVOURS`.
    """
    with tempfile.TemporaryDirectory(prefix="sparklime-mlflow-") as folder:
        yield _choose(uri, *_downloaded(uri, Path(folder)), say)


def _downloaded(uri: str, folder: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Return the folder of a model, and its flavours."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with extras_named():
        import mlflow.artifacts  # noqa: PLC0415 - an extra, and it takes seconds
        import mlflow.models  # noqa: PLC0415
    try:
        place = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder)))
        return place, dict(mlflow.models.Model.load(str(place)).flavors)
    except Exception as error:
        raise ModelError(f"MLflow cannot give the model {uri!r}: {reason(error)}.") from error


def _choose(uri: str, folder: Path, flavours: dict[str, dict[str, Any]], say: Say) -> Fetched:
    """Return a model by the first of its flavours that is known."""
    name = next((name for name in FLAVOURS if name in flavours), None)
    if name is None:
        known = ", ".join(sorted(flavours)) or "no flavour"
        raise ModelError(f"The model {uri!r} has {known}; the flavours {', '.join(FLAVOURS)} can be explained.")
    held = flavours[name]
    data = held.get("model_data") or held.get("pickled_model") or held.get("data") or "."
    path = (folder / str(data)).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise ModelError(f"The model {uri!r} is damaged: its {name} data are missing.")
    # A library's estimator in skops' format, or types of the maker's own, are trusted on the maker's word alone.
    trusting = path.suffix == ".skops" and (name != "sklearn" or bool(held.get("skops_trusted_types")))
    if name == "spark" or (path.suffix in ENDINGS and not trusting):
        return Fetched(path)
    if trusting or path.suffix in PICKLES or name == "sklearn":
        say(
            f"Opening the model {uri!r} can run any program that its maker has put into {path.name}; load "
            "only models that you trust."
        )
        return Fetched(None, _unpickled(uri, name, folder))
    own = path.with_suffix(OWN_FILES[name])
    shutil.copyfile(path, own)
    return Fetched(own)


def _unpickled(uri: str, flavour: str, folder: Path) -> Any:
    """Return a pickled model as MLflow itself opens it, with the code that was stored with it."""
    from importlib import import_module  # noqa: PLC0415 - MLflow has a module for each flavour

    with extras_named():
        library = import_module(f"mlflow.{flavour}")
    try:
        return library.load_model(str(folder))
    except Exception as error:
        raise ModelError(f"The pickled model {uri!r} cannot be opened here: {reason(error)}.") from error
