"""The index of a run's rows: one flat line per row, to find, sort and compare a million rows.

Results hold nested lists, several labels per row, and texts; a question about all rows would unpack them all.
The index has a column for each fact and for the weight of each feature. It is made from the results, and can be
made again at any time: per wave while a run lasts, and once when it has ended.
"""

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write, disk_errors_explained
from sparklime_core.errors import RunError
from sparklime_core.explain.schema import RESULT_SCHEMA
from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import (
    EXPLANATIONS,
    MANIFEST,
    PARTS,
    ROWS_FILE,
    UNREADABLE,
    check_table,
    damage_explained,
    damaged,
    state_of_file,
)

GROUP_ROWS = 65_536
"""Rows per row group. Its statistics lead to a row without reading other groups."""

_KEY = b"sparklime"
_VERSION = 2
_BATCH_ROWS = 131_072

_FIXED = [
    ("row_id", pa.int64()),
    ("label", pa.int32()),
    ("label_name", pa.string()),
    ("prediction", pa.float64()),
    ("local_prediction", pa.float64()),
    ("score", pa.float64()),
    ("fit", pa.float64()),
    ("effective_share", pa.float64()),
    ("target", pa.float64()),
    ("test", pa.bool_()),
    ("top_feature", pa.string()),
    ("top_reason", pa.string()),
    ("top_weight", pa.float64()),
    ("error", pa.string()),
]


def index_schema(features: int) -> pa.Schema:
    """Return the index's schema.

    A row with several explained labels has the line of its most probable label. ``target`` is the class index or
    the value; ``w0``, ``w1``, … are the weights of the features by their position, null where the
    explanation does not name the feature. ``fit`` is the profile score, or the local R² without profiles.
    """
    return pa.schema([*_FIXED, *((f"w{feature}", pa.float32()) for feature in range(features))])


def index_files(run: Run, features: tuple[str, ...]) -> list[str]:
    """Return the files of the index of the results so far. Results without an index are indexed first.

    Raises
    ------
    RunError
        When the index cannot be written.
    """
    found = []
    truth = functools.cache(lambda: _truth(run))  # once for all parts
    for results in map(Path, run.explanation_files()):
        index = _index_of(results)
        try:
            if not _is_current(index, results, len(features)):
                check_table(str(results), RESULT_SCHEMA)
                with disk_errors_explained(run.folder):
                    _write_index(run, results, index, features, truth())
        except (RunError, FileNotFoundError):
            if results.exists() or not run.folder.is_dir():
                raise
            return index_files(run, features)  # the run has ended, and its parts became one file
        found.append(str(index))
    return found


def scales(files: Iterable[str]) -> list[float]:
    """Return the largest bar of any row, by the number of strongest weights that have a bar of their own.

    The remaining weights share one bar. The last entry is for all weights; without rows it is 0.
    """
    kept = [_metadata(Path(file)) for file in files]
    largest = max((entry["largest"] for entry in kept), default=0.0)
    length = max((len(entry["rest"]) for entry in kept), default=0)
    rest = np.zeros(length + 1)
    for entry in kept:
        rest[: len(entry["rest"])] = np.maximum(rest[: len(entry["rest"])], entry["rest"])
    return [float(value) for value in np.maximum(rest, largest)]


def _index_of(results: Path) -> Path:
    if results.name == EXPLANATIONS:
        return results.with_name(ROWS_FILE)
    if results.parent.name == EXPLANATIONS:  # a folder that is read as a table holds nothing else
        return results.parents[1] / PARTS / f"rows-{results.stem.rpartition('-')[2]}.parquet"
    return results.with_name(f"rows-{results.stem.rpartition('-')[2]}.parquet")


def _is_current(index: Path, results: Path, features: int) -> bool:
    """Return whether an index is whole, and of the present results. It does not compare times."""
    try:
        kept = _metadata(index)
        is_whole = pq.read_schema(index).equals(index_schema(features))
        return bool(is_whole and kept["version"] == _VERSION and kept["of"] == list(state_of_file(results)))
    except UNREADABLE:
        return False


def _metadata(index: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(pq.read_metadata(index).metadata[_KEY])
    return kept


def _truth(run: Run) -> pa.Table:
    """Return target and test of all rows of the run's table."""
    with damage_explained(run.folder / DATA_FILE):
        return pq.read_table(run.folder / DATA_FILE, columns=["target", "test"], partitioning=None)


def _write_index(run: Run, results: Path, index: Path, features: tuple[str, ...], truth: pa.Table) -> None:
    """Write the index of a file of results, whole or not at all. Two threads may do so at once."""
    schema, state = index_schema(len(features)), state_of_file(results)
    scale, rows = _Scale(), 0
    with atomic_write(index) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for table in _whole_rows(results):
            scale.add(table["explanation"].combine_chunks())
            with damage_explained(results):
                lines = _lines(table, truth, features, schema)
            writer.write_table(lines, row_group_size=GROUP_ROWS)
            rows += len(lines)
        _check_count(run, results, rows)
        kept = {"version": _VERSION, "of": state, **scale.as_dict()}
        writer.add_key_value_metadata({_KEY: json.dumps(kept).encode()})


def _check_count(run: Run, results: Path, rows: int) -> None:
    """Raise `RunError` when the results of a finished run lack rows, or have too many."""
    manifest = Manifest.read(run.folder / MANIFEST)
    explained = manifest.rows_explained if manifest.state is RunState.FINISHED else 0
    if results.name == EXPLANATIONS and explained and rows != explained:
        raise damaged(results, f"has {rows} of the {explained} rows that were explained")


def _whole_rows(results: Path) -> Iterator[pa.Table]:
    """Yield the results in pieces that keep all labels of a row together."""
    with damage_explained(results), pq.ParquetFile(results) as file:
        held: pa.Table | None = None
        for batch in file.iter_batches(_BATCH_ROWS):
            table = pa.Table.from_batches([batch])
            table = table if held is None else pa.concat_tables([held, table])
            ids = table["row_id"].to_numpy()
            others = np.flatnonzero(ids != ids[-1]) if len(ids) else ids
            end = int(others[-1]) + 1 if len(others) else 0
            held = table.slice(end)
            if end:
                yield table.slice(0, end)
        if held is not None and len(held):
            yield held


def _lines(table: pa.Table, truth: pa.Table, features: tuple[str, ...], schema: pa.Schema) -> pa.Table:
    best = _most_probable(table)
    table = table if len(best) == len(table) else table.take(pa.array(best))
    entries = table["explanation"].combine_chunks()
    lengths = np.asarray(pc.fill_null(pc.list_value_length(entries), 0))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
    names, texts, weights = entries.flatten().flatten()
    positions = pc.index_in(names, value_set=pa.array(features, pa.string()))
    if positions.null_count:
        raise ValueError("another table's features")
    matrix = _matrix(lengths, _numbers(positions), _numbers(weights), len(features))
    first = pa.array(starts, mask=lengths == 0)
    rows = table["row_id"]
    columns: dict[str, Any] = {
        **{name: table[name] for name in ("row_id", "label", "label_name", "prediction", "local_prediction")},
        "score": table["score"],
        "fit": _fit(table),
        "effective_share": _column(table, "effective_share"),
        "target": truth["target"].take(rows).cast(pa.float64()),
        "test": truth["test"].take(rows),
        "top_feature": names.take(first),
        "top_reason": texts.take(first),
        "top_weight": weights.take(first),
        "error": table["error"],
    }
    for feature, column in enumerate(matrix.T):
        columns[f"w{feature}"] = pa.array(column, mask=np.isnan(column))
    return pa.table(columns, schema=schema)


def _fit(table: pa.Table) -> pa.ChunkedArray:
    """Return the fit of each explanation."""
    return pc.coalesce(_column(table, "profile_score"), table["score"])


def _column(table: pa.Table, name: str) -> pa.ChunkedArray | pa.Array:
    """Return a column that results of older versions lack; nulls then."""
    return table[name] if name in table.column_names else pa.nulls(len(table), pa.float64())


def _numbers(values: pa.Array) -> npt.NDArray[Any]:
    numbers: npt.NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return numbers


def _most_probable(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return the position of each row's most probable label, in row order."""
    ids = table["row_id"].to_numpy()
    prediction = np.nan_to_num(table["prediction"].to_numpy(), nan=-np.inf)
    label = table["label"].fill_null(-1).to_numpy()
    order = np.lexsort((label, -prediction, ids))
    sorted_ids = ids[order]
    first: npt.NDArray[np.int64] = order[np.concatenate([[True], sorted_ids[1:] != sorted_ids[:-1]])]
    return first


def _matrix(
    lengths: npt.NDArray[Any], positions: npt.NDArray[Any], weights: npt.NDArray[Any], width: int
) -> npt.NDArray[np.float32]:
    """Return the weights as (rows, features), NaN where a feature is not named."""
    matrix = np.full((len(lengths), width), np.nan, dtype=np.float32)
    known = ~np.isnan(positions) if positions.dtype.kind == "f" else np.full(len(positions), True)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    matrix[rows[known], positions[known].astype(np.int64)] = weights[known]
    return matrix


class _Scale:
    """The largest bars of the results so far."""

    def __init__(self) -> None:
        self._largest = 0.0
        self._rest: npt.NDArray[np.float64] = np.zeros(0)

    def add(self, entries: pa.ListArray) -> None:
        """Take explanations in, strongest weight first."""
        lengths = np.asarray(pc.fill_null(pc.list_value_length(entries), 0))
        if not len(lengths) or not lengths.max():
            return
        longest = int(lengths.max())
        padded = np.zeros((len(lengths), longest))
        padded[np.arange(longest) < lengths[:, None]] = _numbers(entries.flatten().flatten()[2])
        rest = np.abs(padded[:, ::-1].cumsum(axis=1)[:, ::-1]).max(axis=0)
        self._largest = max(self._largest, float(np.abs(padded).max()))
        grown = np.zeros(max(longest, len(self._rest)))
        grown[: len(self._rest)] = self._rest
        grown[:longest] = np.maximum(grown[:longest], rest)
        self._rest = grown

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {"largest": self._largest, "rest": self._rest.tolist()}
