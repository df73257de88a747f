"""A run's inputs on disk: the encoded table, which rows are for testing and which are explained, and the model."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write, write_file
from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding
from sparklime_core.explain.kinds.model_kind import SUFFIXES
from sparklime_core.explain.settings import OutputName
from sparklime_core.models.decoding import decoding_as_dict, decoding_from_dict
from sparklime_core.models.model_files import (
    ASKED_ROWS,
    ModelFile,
    load_estimator,
    mark_known,
    read_model,
    save_estimator,
)
from sparklime_core.runs.stored_tables import damaged, missing_explained

MODEL_FILE = "model.skops"
"""A model's file where none was given; one that was given keeps the ending of its name."""

MODEL_FILES = (MODEL_FILE, *(f"model{suffix}" for suffix in SUFFIXES))
DECODING_FILE = "decoding.json"
DATA_FILE = "data.parquet"
TRAINING_FILE = "training.parquet"
SPAN_ROWS = 2_000
"""Rows from which the range of a model's margins is taken."""

INPUT_FILES = (DATA_FILE, TRAINING_FILE, *MODEL_FILES, DECODING_FILE)
"""All that a run may keep of its inputs."""

_KEY = b"sparklime"


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
    if not path.exists():
        raise damaged(path, "is missing")
    if path.name == MODEL_FILE:
        if not zipfile.is_zipfile(path):
            raise damaged(path, "is cut off, or another file")
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


@dataclass(frozen=True)
class Tables:
    """What a run explains, without the model, which takes seconds to open.

    Attributes
    ----------
    dataset, test_rows, row_ids, training
        As in `Inputs`.
    """

    dataset: Dataset
    test_rows: npt.NDArray[np.int64]
    row_ids: npt.NDArray[np.int64]
    training: Dataset | None = None

    @property
    def learnt_from(self) -> Dataset:
        """The table that the model was trained on."""
        return self.dataset if self.training is None else self.training


@dataclass(frozen=True)
class Inputs:
    """What a run explains, and with what.

    Attributes
    ----------
    dataset
        The whole table whose rows are explained.
    estimator
        The trained scikit-learn model.
    test_rows
        (t,) positions of the rows that the model has not seen.
    row_ids
        (n,) positions of the rows to explain, ascending.
    training
        The table that the model was trained on, where that is another one.
    file
        The model's file as it was given; None: scikit-learn's is written, as skops has it.
    """

    dataset: Dataset
    estimator: Any
    test_rows: npt.NDArray[np.int64]
    row_ids: npt.NDArray[np.int64]
    training: Dataset | None = None
    file: ModelFile | None = None

    @property
    def learnt_from(self) -> Dataset:
        """The table that the model was trained on: what the explainer is fitted on."""
        return self.dataset if self.training is None else self.training

    def prediction_span(self, output: OutputName) -> float:
        """The range of predictions, against which a gap is judged; of margins, the range on the training rows."""
        table = self.learnt_from
        if output == "probability":
            return table.prediction_span
        from sparklime_core.explain.predict_function import resolve_predict  # noqa: PLC0415 - imports lime

        rows = table.features[table.labelled & np.isfinite(table.features).all(axis=1)][:SPAN_ROWS]
        margins = np.asarray(resolve_predict(self.estimator, table.mode, output)(rows)).reshape(len(rows), -1)
        low, high = np.percentile(margins, [5, 95], axis=0)
        return float((high - low).max())


def write_inputs(inputs: Inputs, folder: Path) -> None:
    """Write the inputs into a run's folder, the table last: where it is, the inputs are whole."""
    positions = np.arange(inputs.dataset.rows)
    marks = {"test": np.isin(positions, inputs.test_rows), "selected": np.isin(positions, inputs.row_ids)}
    if inputs.training is not None:
        _write_dataset(inputs.training, folder / TRAINING_FILE, {})
    write_model(inputs.estimator, inputs.file, folder)
    _write_dataset(inputs.dataset, folder / DATA_FILE, marks)


def read_tables(folder: Path) -> Tables:
    """Read the tables of a run; raise `RunError` when they are not there or not whole."""
    dataset, marks = _read_dataset(folder / DATA_FILE)
    training = folder / TRAINING_FILE
    learnt_from = _read_dataset(training)[0] if training.exists() else None
    with missing_explained(folder / DATA_FILE):
        test, selected = (np.flatnonzero(marks[name].to_numpy()) for name in ("test", "selected"))
    return Tables(dataset, test, selected, learnt_from)


def read_inputs(folder: Path, tables: Tables) -> Inputs:
    """Read the model of a run's tables; raise `SparkLimeError` when it is not there or not whole."""
    estimator, file = read_stored_model(folder, tables.learnt_from, tables.dataset.features)
    return Inputs(tables.dataset, estimator, tables.test_rows, tables.row_ids, tables.training, file)


def read_encoding(folder: Path) -> Encoding:
    """Read the encoding of a run's table, without the table; raise `RunError` when it is missing."""
    with missing_explained(folder / DATA_FILE):
        return Encoding.from_dict(json.loads(pq.read_schema(folder / DATA_FILE).metadata[_KEY])["encoding"])


def _write_dataset(dataset: Dataset, path: Path, marks: Mapping[str, npt.NDArray[np.bool_]]) -> None:
    """Write a dataset to Parquet; a row without a target has null there, so that queries leave it out."""
    columns: dict[str, Any] = {
        f"f{index}": dataset.features[:, index] for index in range(dataset.features.shape[1])
    }
    columns["target"] = pa.array(dataset.target, mask=~dataset.labelled)
    header = {"name": dataset.name, "encoding": dataset.encoding.as_dict(), "report": asdict(dataset.report)}
    table = pa.table({**columns, **marks}).replace_schema_metadata({_KEY: json.dumps(header).encode()})
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary)


def _read_dataset(path: Path) -> tuple[Dataset, pa.Table]:
    with missing_explained(path):
        table = pq.read_table(path, partitioning=None)
        header = json.loads(table.schema.metadata[_KEY])
        encoding = Encoding.from_dict(header["encoding"])
        width = len(encoding.features)
        dataset = Dataset(
            name=header["name"],
            features=np.column_stack([table[f"f{index}"].to_numpy() for index in range(width)]),
            target=table["target"].fill_null(-1 if encoding.class_names else np.nan).to_numpy(),
            encoding=encoding,
            report=msgspec.convert(header["report"], DataReport),
        )
        return dataset, table
