"""A model in a folder: as skops has it or in the file that it came in, and how rows are decoded for it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.atomic_files import atomic_write, write_file
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.kinds.registry import SUFFIXES
from sparklime_core.models.decoding import decoding_as_dict, decoding_from_dict
from sparklime_core.models.model_files import (
    ASKED_ROWS,
    ModelFile,
    load_estimator,
    mark_known,
    read_model,
    save_estimator,
)
from sparklime_core.runs.stored_tables import missing_explained

MODEL_FILE = "model.skops"
"""A model's file where none was given; one that was given keeps the ending of its name."""

MODEL_FILES = (MODEL_FILE, *(f"model{suffix}" for suffix in SUFFIXES))
DECODING_FILE = "decoding.json"


def write_model(estimator: Any, file: ModelFile | None, folder: Path) -> None:
    """Write a model into a folder: the file that it came in, or without one the estimator in skops' format."""
    from sparklime_core.models.columns_model import ColumnsModel  # noqa: PLC0415 - imports scikit-learn

    if isinstance(estimator, ColumnsModel):
        write_file(folder / DECODING_FILE, json.dumps(decoding_as_dict(estimator.decoding)))
        estimator = estimator.estimator
    if file is None:
        with atomic_write(folder / MODEL_FILE) as temporary:
            save_estimator(estimator, temporary)
    else:
        write_file(folder / f"model{file.suffix}", file.data)
        mark_known(file)


def read_stored_model(
    folder: Path, learnt_from: Dataset, rows: npt.NDArray[np.float64]
) -> tuple[Any, ModelFile | None]:
    """Read a model back.

    Parameters
    ----------
    folder
        Where `write_model` has written it.
    learnt_from
        The table that the model was trained on.
    rows
        (r, d) encoded rows that it will be asked about.

    Returns
    -------
    estimator, file
        As `write_model` was given them; no file for a model in skops' format.

    Raises
    ------
    SparkLimeError
        When it is missing, damaged or not to be trusted; see `load_estimator` and `reload_model`.
    """
    path = model_path(folder)
    if path.name == MODEL_FILE:
        return _read_skops(folder, rows), None
    from sparklime_core.models.own_model import reload_model  # noqa: PLC0415 - imports scikit-learn

    file = read_model(path)
    return reload_model(file, learnt_from), file


def model_path(folder: Path) -> Path:
    """Return where the model is in a folder."""
    return next((folder / name for name in MODEL_FILES if (folder / name).exists()), folder / MODEL_FILE)


def _read_skops(folder: Path, rows: npt.NDArray[np.float64]) -> Any:
    if not (folder / DECODING_FILE).exists():
        return load_estimator(folder / MODEL_FILE, rows)
    with missing_explained(folder / DECODING_FILE):
        decoding = decoding_from_dict(json.loads((folder / DECODING_FILE).read_text(encoding="utf-8")))
        asked = decoding.decode(rows[:ASKED_ROWS])
    from sparklime_core.models.columns_model import ColumnsModel  # noqa: PLC0415 - as above

    return ColumnsModel(load_estimator(folder / MODEL_FILE, asked), decoding, rows.shape[1])
