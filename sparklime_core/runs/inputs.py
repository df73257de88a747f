"""A run's inputs on disk: the encoded table, which rows are for testing and which are explained, the model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.data.dataset import ColumnReport, DataReport, Dataset
from sparklime_core.errors import RunError
from sparklime_core.models.storage import load_estimator, save_estimator

DATA_FILE = "data.parquet"
MODEL_FILE = "model.skops"
_KEY = b"sparklime"


@dataclass(frozen=True)
class Inputs:
    """What a run explains, and with what.

    Attributes
    ----------
    dataset
        The whole table.
    estimator
        The trained scikit-learn model.
    test_rows
        (t,) positions of the rows that the model has not seen.
    row_ids
        (n,) positions of the rows to explain, ascending.
    """

    dataset: Dataset
    estimator: Any
    test_rows: npt.NDArray[np.int64]
    row_ids: npt.NDArray[np.int64]


def write_inputs(inputs: Inputs, folder: Path) -> None:
    """Write the inputs into a run's folder."""
    dataset = inputs.dataset
    columns: dict[str, npt.NDArray[Any]] = {
        f"f{index}": dataset.features[:, index] for index in range(dataset.features.shape[1])
    }
    columns["target"] = dataset.target
    columns["test"] = np.isin(np.arange(dataset.rows), inputs.test_rows)
    columns["selected"] = np.isin(np.arange(dataset.rows), inputs.row_ids)
    header = {
        "name": dataset.name,
        "feature_names": dataset.feature_names,
        "categorical_names": dataset.categorical_names,
        "missing_values": dataset.missing_values,
        "target_name": dataset.target_name,
        "class_names": dataset.class_names,
        "report": asdict(dataset.report),
    }
    table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(header).encode()})
    pq.write_table(table, folder / DATA_FILE)
    save_estimator(inputs.estimator, folder / MODEL_FILE)


def read_inputs(folder: Path) -> Inputs:
    """Read a run's inputs back; raise `RunError` when they are not there or not whole."""
    try:
        table = pq.read_table(folder / DATA_FILE)
        header = json.loads(table.schema.metadata[_KEY])
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise RunError(f"The run's table in {str(folder)!r} is missing or damaged.") from error
    report = header["report"]
    categorical = {int(index): tuple(names) for index, names in header["categorical_names"].items()}
    names = tuple(header["feature_names"])
    dataset = Dataset(
        name=header["name"],
        features=np.column_stack([table[f"f{index}"].to_numpy() for index in range(len(names))]),
        feature_names=names,
        categorical_features=tuple(categorical),
        categorical_names=categorical,
        missing_values={int(index): value for index, value in header["missing_values"].items()},
        target=table["target"].to_numpy(),
        target_name=header["target_name"],
        class_names=None if header["class_names"] is None else tuple(header["class_names"]),
        report=DataReport(report["rows"], tuple(ColumnReport(**column) for column in report["columns"])),
    )
    return Inputs(
        dataset,
        load_estimator(folder / MODEL_FILE),
        np.flatnonzero(table["test"].to_numpy()),
        np.flatnonzero(table["selected"].to_numpy()),
    )
