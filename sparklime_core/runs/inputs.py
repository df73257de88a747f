"""A run's inputs on disk: the encoded table, which rows are for testing and which are explained, the model."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write
from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding
from sparklime_core.explain.settings import OutputName
from sparklime_core.models.model_files import ModelFile
from sparklime_core.runs.stored_model import DECODING_FILE, MODEL_FILES, read_stored_model, write_model
from sparklime_core.runs.stored_tables import missing_explained

DATA_FILE = "data.parquet"
TRAINING_FILE = "training.parquet"
SPAN_ROWS = 2_000
"""Rows from which the range of a model's margins is taken."""

INPUT_FILES = (DATA_FILE, TRAINING_FILE, *MODEL_FILES, DECODING_FILE)
"""All that a run may keep of its inputs."""

_KEY = b"sparklime"


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
        """The range of predictions, beside which a gap is seen; of margins, that of the learnt rows' margins."""
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
