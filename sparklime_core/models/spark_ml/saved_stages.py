"""The stages of a saved ``pyspark.ml`` model: their parameters and data, as Spark wrote them into a folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.errors import ModelError

MOST_BYTES = 2**30
"""The most that the files of one stage may take."""

PIPELINE = "PipelineModel"
SEARCHES = ("CrossValidatorModel", "TrainValidationSplitModel")
"""What holds the model that was chosen in a folder ``bestModel``."""


@dataclass(frozen=True)
class Stage:
    """One fitted stage.

    Attributes
    ----------
    kind
        Spark's class, without its package.
    folder
        Where it was saved.
    params
        What was set, over what is the default.
    facts
        What else its metadata says, like ``numFeatures``.
    """

    kind: str
    folder: Path
    params: dict[str, Any]
    facts: dict[str, Any]

    def columns(self, which: str) -> tuple[str, ...]:
        """Return the names of its ``"input"`` or ``"output"`` columns, whether it has one or several."""
        many = self.params.get(f"{which}Cols")
        if many:
            return tuple(map(str, many))
        one = self.params.get(f"{which}Col")
        return () if one is None else (str(one),)

    def data(self, name: str = "data") -> pa.Table:
        """Return the table that was saved with the stage.

        Raises
        ------
        ModelError
            When it is not there or cannot be read.
        """
        files = _parts(self.folder / name, ".parquet")
        try:
            return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files])
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ModelError(f"The saved {self.kind} is damaged: its {name} cannot be read.") from error


def is_saved_model(folder: Path) -> bool:
    """Tell whether a folder is one into which Spark has saved a model."""
    return (folder / "metadata").is_dir()


def read_stages(folder: Path) -> tuple[Stage, ...]:
    """Return the stages of a saved model, those of pipelines inside of it in their places.

    Raises
    ------
    ModelError
        When the folder holds no saved model, or a damaged one.
    """
    stage = _read_stage(folder)
    if stage.kind in SEARCHES:
        return read_stages(folder / "bestModel")
    if stage.kind != PIPELINE:
        return (stage,)
    uids = stage.params.get("stageUids") or ()
    places = {place.name.partition("_")[2]: place for place in _folders(folder / "stages")}
    lacking = next((uid for uid in uids if uid not in places), None)
    if lacking is not None:
        raise ModelError(f"The saved pipeline in {folder.name!r} is damaged: its stage {lacking!r} is not there.")
    return tuple(inner for uid in uids for inner in read_stages(places[uid]))


def _read_stage(folder: Path) -> Stage:
    if not is_saved_model(folder):
        raise ModelError(f"The folder {folder.name!r} holds no saved model of Spark: it has no metadata.")
    text = "".join(_read_text(file) for file in _parts(folder / "metadata", ""))
    try:
        held = json.loads(text.splitlines()[0])
        params = {**held.get("defaultParamMap", {}), **held["paramMap"]}
        kind = str(held["class"]).rpartition(".")[2]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The metadata of the saved model in {folder.name!r} are damaged.") from error
    return Stage(kind, folder, params, held)


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The file {file.name!r} of the saved model cannot be read.") from error


def _folders(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if place.is_dir()] if folder.is_dir() else []


def _parts(folder: Path, ending: str) -> list[Path]:
    """Return the part files of a folder, in their order."""
    found = sorted(folder.glob(f"part-*{ending}")) if folder.is_dir() else []
    if not found:
        raise ModelError(
            f"The saved model lacks the files of {folder.parent.name}/{folder.name}: save it to a folder that "
            "this machine and Spark's executors share."
        )
    if sum(file.stat().st_size for file in found) > MOST_BYTES:
        raise ModelError(f"The saved model takes more than {MOST_BYTES // 2**30} GiB, which is too much.")
    return found
