"""A file, or a reading of it, to a `Dataset`: roles, encoding, target and report together."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.arguments import texts
from sparklime_core.data.column_roles import ColumnRole, column_for, propose_roles
from sparklime_core.data.dataset import UNLABELLED, ColumnReport, DataReport, Dataset, Origin
from sparklime_core.data.feature_encoding import Encoding, Feature, encode_feature, fit_features
from sparklime_core.data.parse_column import Column
from sparklime_core.data.read_options import ColumnFormat, ColumnKind, ReadOptions, TableFormat
from sparklime_core.data.read_table import Reading, read_table
from sparklime_core.data.source_files import Source
from sparklime_core.data.target import encode_known, encode_target
from sparklime_core.errors import DataError, raised_as

LEFT_OUT = "left out"


@raised_as(DataError, "The table cannot be read", but=(MemoryError,))
def read_csv(
    source: Source,
    target: str,
    *,
    name: str | None = None,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    task: str = "auto",
    roles: Mapping[str, str] | None = None,
    options: ReadOptions | None = None,
) -> Dataset:
    """Read a table, and encode it for the model and for LIME.

    Parameters
    ----------
    source
        A CSV or Parquet file, also in gzip or zip, or a folder of such part files: a path, the file's bytes, or
        an open binary file.
    target
        The column to predict: classes or numbers.
    name
        What to call the table; the file's name if there is one.
    categorical, drop
        Columns to use as categories, also if they hold numbers; columns to leave out. Short for `roles`.
    task
        ``"classification"`` or ``"regression"`` to overrule what the target's values suggest.
    roles
        Column to ``"numeric"``, ``"categorical"``, ``"date"`` or ``"drop"``, to overrule what its values suggest.
    options
        What to overrule about reading the file.

    Returns
    -------
    Dataset
        Its ``report`` says what was decided and why.

    Raises
    ------
    DataError
        With one sentence: what is wrong, in which column and row, and what to do.
    """
    if not isinstance(target, str):
        raise DataError(f"The target must be the name of a column, not {target!r}.")
    categorical, drop = texts("categorical", categorical), texts("drop", drop)
    chosen = {**dict.fromkeys(categorical, "categorical"), **dict.fromkeys(drop, "drop"), **(roles or {})}
    reading = read_table(source, options, name=name, header_names=[target, *chosen])
    return assemble(reading, target, roles=chosen, task=task)


def assemble(
    reading: Reading, target: str, *, roles: Mapping[str, str] | None = None, task: str = "auto"
) -> Dataset:
    """Encode a table that was read; see `sparklime_core.read_csv` for the parameters.

    Raises
    ------
    DataError
        With one sentence: what is wrong, in which column, and what to do.
    """
    encoded = encode_target(reading, target, task)
    learnt = encoded.labelled
    proposed = propose_roles(reading, encoded.name, roles, learnt)
    used = {role.name: column_for(reading, role) for role in proposed if role.role not in ("drop", "target")}
    features: list[Feature] = []
    values: list[npt.NDArray[np.float64]] = []
    reports = []
    for role in proposed:
        if role.role == "target":
            reports.append(_report(encoded.column, "target", encoded.reason, encoded.notes))
        elif role.role == "drop":
            reports.append(_report(reading.column(role.name), LEFT_OUT, role.reason))
        else:
            made, encoded_values, report = _use(used[role.name], role, learnt)
            features += made
            values += encoded_values
            reports.append(report)
    if not features:
        raise DataError(_nothing_left(encoded.name, proposed))
    origin = Origin(reading.file, reading.sha256, reading.options, encoded.name, task, dict(roles or {}))
    return Dataset(
        name=reading.name,
        features=np.column_stack(values),
        target=encoded.values,
        encoding=Encoding(
            _with_own_names(features),
            encoded.name,
            encoded.class_names,
            _format(reading, [*used.values(), encoded.column]),
        ),
        report=DataReport(reading.rows, tuple(reports), reading.decisions, origin),
        raw=reading.raw(),
    )


def encode_rows(encoding: Encoding, reading: Reading) -> tuple[npt.NDArray[np.float64], tuple[ColumnReport, ...]]:
    """Encode the rows of another table exactly as the model's own.

    Columns are found by their names, in any order.

    Returns
    -------
    features
        (n, d). NaN where the model has never seen such a value; such a row cannot be explained, and its result
        will say so.
    reports
        What became of each column, with what is unlike the model's table in the ``notes``.

    Raises
    ------
    DataError
        When a column is not there that the model has never seen without values.
    """
    features = np.empty((reading.rows, len(encoding.features)))
    _check_places(encoding, reading)
    used = {name: _find(encoding, reading, name) for name in encoding.columns()}
    if not any(used.values()):
        wanted = ", ".join(encoding.columns()[:8])
        raise DataError(f"The table {reading.name!r} has none of the columns that the model uses: {wanted}.")
    notes: dict[str, list[str]] = {name: list(column.notes) for name, column in used.items() if column is not None}
    for index, feature in enumerate(encoding.features):
        column = used[feature.column]
        if column is None:
            features[:, index] = np.nan if feature.missing is None else feature.missing
            continue
        features[:, index], new_notes = encode_feature(feature, column)
        notes[feature.column] += new_notes
    reports = [_used_report(encoding, name, column, notes.get(name, [])) for name, column in used.items()]
    found = {column.name for column in used.values() if column is not None}
    found.update(name for name in reading.names if name.strip() == encoding.target.strip())
    reports += [
        _report(column, LEFT_OUT, "the model does not use it")
        for column in reading.columns
        if column.name not in found
    ]
    return features, tuple(reports)


@raised_as(DataError, "The table cannot be read", but=(MemoryError,))
def read_rows(
    source: Source, encoding: Encoding, *, name: str | None = None, options: ReadOptions | None = None
) -> Dataset:
    """Read new rows for a model that was trained on another table.

    Parameters
    ----------
    source, name, options
        See `sparklime_core.read_csv`.
    encoding
        Of the dataset that the model was trained on (``dataset.encoding``).

    Returns
    -------
    Dataset
        The new rows, encoded as that dataset; its target is known where the table holds the same column.

    Raises
    ------
    DataError
        When the table cannot be read, or lacks a column that the model needs.
    """
    like = None if encoding.format is None else encoding.format.options
    header_names = [*encoding.columns(), encoding.target]
    reading = read_table(source, options, name=name, header_names=header_names, like=like)
    features, reports = encode_rows(encoding, reading)
    target, target_reports = _known_target(encoding, reading)
    return Dataset(
        name=reading.name,
        features=features,
        target=target,
        encoding=encoding,
        report=DataReport(
            reading.rows,
            (*target_reports, *reports),
            reading.decisions,
            Origin(reading.file, reading.sha256, reading.options, None, "auto", {}),
        ),
    )


def _use(
    column: Column, role: ColumnRole, learnt: npt.NDArray[np.bool_]
) -> tuple[tuple[Feature, ...], list[npt.NDArray[np.float64]], ColumnReport]:
    """Return the features that a column becomes, their values, and a report on it."""
    if not column.values.is_valid().to_numpy(zero_copy_only=False)[learnt].any():
        return (), [], _report(column, LEFT_OUT, "it has no values where there is a target", column.notes)
    made = fit_features(column, role.role, learnt)
    if not made:
        return (), [], _report(column, LEFT_OUT, "it is constant", column.notes)
    encoded = [encode_feature(feature, column) for feature in made]
    notes = tuple(dict.fromkeys([*column.notes, *(note for _, made_notes in encoded for note in made_notes)]))
    names = tuple(feature.name for feature in made)
    return made, [values for values, _ in encoded], _report(column, role.role, role.reason, notes, names)


def _report(
    column: Column, role: str, reason: str, notes: tuple[str, ...] = (), features: tuple[str, ...] = ()
) -> ColumnReport:
    return ColumnReport(column.name, role, reason, column.missing, column.distinct, features, notes)


def _used_report(encoding: Encoding, name: str, column: Column | None, notes: list[str]) -> ColumnReport:
    made = [feature for feature in encoding.features if feature.column == name]
    role = "categorical" if made[0].categories is not None and made[0].part is None else "numeric"
    role = "date" if made[0].part is not None else role
    names = tuple(feature.name for feature in made)
    if column is None:
        return ColumnReport(name, role, "the model uses it", 0, 0, names, ("not in the table: taken as missing",))
    return _report(column, role, "the model uses it", tuple(dict.fromkeys(notes)), names)


def _find(encoding: Encoding, reading: Reading, name: str) -> Column | None:
    """Return a column of the new table, taken for what the model's was, or None where its lack can be borne."""
    made = [feature for feature in encoding.features if feature.column == name]
    if name in reading.names or name.strip() in [known.strip() for known in reading.names]:
        return reading.column(name, made[0].kind, _like(encoding, reading, name))
    if any(feature.missing is None for feature in made):
        raise DataError(
            f"The table {reading.name!r} has no column {name!r}, which the model needs; add it, or train a model "
            "without it."
        )
    return None


def _like(encoding: Encoding, reading: Reading, name: str) -> ColumnFormat | None:
    """Return how a column of new rows is written; None for the model of an old run, which does not know."""
    if encoding.format is None or name not in encoding.format.columns:
        return None
    return encoding.format.column(name, encoding.format.columns[name].kind, reading.options)


def _check_places(encoding: Encoding, reading: Reading) -> None:
    """Refuse a file without a header line whose columns cannot be those of the model's table."""
    form = encoding.format
    if form is None or reading.found.header is not False or reading.found.delimiter is None:
        return
    if form.options.header is False and len(reading.columns) != form.width:
        raise DataError(
            f"The table {reading.name!r} has {len(reading.columns)} columns and no header line, and the model's "
            f"table has {form.width}; give all of them in the same order, or name them in a header line."
        )


def _format(reading: Reading, used: Sequence[Column]) -> TableFormat:
    """Return how a table was read, so that new rows are read in the same way."""
    columns = {column.name: column.written for column in used if column.written is not None}
    return TableFormat(reading.found, columns, len(reading.columns))


def _known_target(encoding: Encoding, reading: Reading) -> tuple[npt.NDArray[Any], tuple[ColumnReport, ...]]:
    blank = np.full(reading.rows, np.nan) if encoding.class_names is None else np.full(reading.rows, UNLABELLED)
    if encoding.target.strip() not in [name.strip() for name in reading.names]:
        return blank, ()
    wanted: ColumnKind | None = "number" if encoding.class_names is None else None
    like = _like(encoding, reading, encoding.target)
    column = reading.column(encoding.target, like.kind if like is not None else wanted, like)
    if column.kind == "empty":
        return blank, (_report(column, "target", "the model predicts it"),)
    values = encode_known(column, encoding.class_names)
    return values, (_report(column, "target", "the model predicts it", column.notes),)


def _nothing_left(target: str, proposed: tuple[ColumnRole, ...]) -> str:
    others = [role for role in proposed if role.role != "target"]
    if not others:
        return f"There is no column beside the target {target!r} to predict it from."
    first = others[0]
    return (
        f"No column is left to predict {target!r} from, since all are left out ({first.name!r}: {first.reason}); "
        "choose a role for one of them."
    )


def _with_own_names(features: list[Feature]) -> tuple[Feature, ...]:
    """Return features of which no two have the same name, as a part of a date and a column could."""
    taken = {feature.name for feature in features if feature.part is None}
    named = []
    for feature in features:
        name = feature.name
        while feature.part is not None and name in taken:
            name += "_"
        taken.add(name)
        named.append(dataclasses.replace(feature, name=name))
    return tuple(named)
