"""Take over a model that was trained on a table's own columns, when it predicts decoded rows as the table itself.

How encoded features become those columns again is found out from rows that are known in both forms.
"""

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, reason
from sparklime_core.models.column_use import named_columns, used_columns
from sparklime_core.models.columns_model import ColumnsModel
from sparklime_core.models.compare_predictions import ask, check_decoded, clearly_better, differ, log_likelihood
from sparklime_core.models.decoding import (
    CategoryDecoder,
    ColumnDecoder,
    ConstantDecoder,
    Decoding,
    NumberDecoder,
)
from sparklime_core.models.raw_table import doubtful_numbers, gap_border, raw_frame, typed_columns, with_categories

FEW_ROWS = 1_000
"""So many rows show whether a model can be asked in some types at all."""

MOST_NAMED = 8
LAST_BITS = 1e-14
"""So near are two readings of one number, as a share of it."""


def takes_columns(estimator: Any, dataset: Dataset) -> bool:
    """Return whether a model was trained on a table's own columns, and not on a dataset's features.

    Where columns and features have the same names, it was trained on those from which it predicts better.
    """
    names = named_columns(estimator)
    if dataset.raw is None:
        return False
    if names is None:
        # A first step that says nothing of what it was fitted on takes what no estimator of numbers does.
        return isinstance(estimator, Pipeline) and not hasattr(estimator, "n_features_in_")
    if names != dataset.feature_names:
        return any(name in dataset.raw.column_names for name in names)
    if not dataset.categorical_names and not dataset.missing_values:
        return False
    rows = np.flatnonzero(dataset.labelled & np.isfinite(dataset.features).all(axis=1))[:FEW_ROWS]
    raw = raw_frame(dataset)
    own = (raw[list(names)].iloc[rows], typed_columns(estimator, dataset, raw, names).iloc[rows])
    scores = [_log_likelihood(estimator, way, dataset, rows) for way in (dataset.features[rows], *own)]
    return max(scores[1:]) > scores[0]


def adopt_columns(estimator: Any, dataset: Dataset, table: Any = None) -> ColumnsModel:
    """Take over a fitted model of raw columns.

    Parameters
    ----------
    estimator
        It takes a pandas DataFrame.
    dataset
        The encoded table.
    table
        The same rows in the types that the model was trained on, where the file does not tell them.

    Raises
    ------
    ModelError
        When a column that it uses is not there or cannot be decoded, or it predicts decoded rows otherwise than
        the table itself; the message says where.
    """
    raw = raw_frame(dataset, table)
    names = named_columns(estimator) or tuple(name for name in raw.columns if name in dataset.encoding.columns())
    used = used_columns(estimator, names)
    typed = raw if table is not None else typed_columns(estimator, dataset, raw, names)
    columns = _fit_columns(dataset, typed, names, used)
    frame = typed.reindex(columns=list(names))
    try:
        predicted = ask(estimator, frame)
    except Exception as error:  # noqa: BLE001 - a model may raise anything about types that it does not take
        frame, predicted = _asked_with_categories(estimator, dataset, frame, error)
        columns = _fit_columns(dataset, frame, names, used)
    if table is None:
        _check_numbers(estimator, dataset, frame, raw)
    model = ColumnsModel(estimator, Decoding(columns), len(dataset.feature_names))
    check_decoded(model, dataset, frame, predicted)
    return model


def with_own_gaps(estimator: Any, dataset: Dataset) -> Any:
    """Return a model of unnamed features that gets gaps as gaps, where it clearly predicts better so.

    Our own models have learnt from the numbers that stand for gaps.

    Parameters
    ----------
    estimator
        It takes gaps, and does not say whether it has learnt from any, or from the numbers that stand for them.
    """
    borders = [gap_border(dataset, feature) for feature in range(len(dataset.feature_names))]
    gapped = np.zeros(dataset.rows, dtype=np.bool_)
    for feature, border in enumerate(borders):
        gapped |= dataset.features[:, feature] <= (-np.inf if border is None else border)
    rows = np.flatnonzero(gapped & dataset.labelled & np.isfinite(dataset.features).all(axis=1))[:FEW_ROWS]
    if not len(rows):
        return estimator
    decoders = [NumberDecoder(feature, np.dtype(np.float64), border) for feature, border in enumerate(borders)]
    decoding = Decoding(tuple(zip(dataset.feature_names, decoders, strict=True)), named=False)
    ways = (dataset.features[rows], decoding.decode(dataset.features[rows]))
    plain, decoded = (_log_likelihood(estimator, way, dataset, rows) for way in ways)
    if clearly_better(decoded, plain):
        return ColumnsModel(estimator, decoding, len(dataset.feature_names))
    return estimator


def _asked_with_categories(
    estimator: Any, dataset: Dataset, frame: pd.DataFrame, error: Exception
) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Ask with texts as pandas categories, which some models insist on; raise the first error where that fails."""
    with_them = with_categories(frame)
    try:
        return with_them, ask(estimator, with_them)
    except Exception:  # noqa: BLE001 - a model may raise anything; the first reason is reported
        raise ModelError(
            f"The model cannot predict the rows of {dataset.name!r} as pandas reads them: {reason(error)}; give "
            "them in the types that it was trained on: adopt_model(estimator, dataset, table=frame)."
        ) from error


def _check_numbers(estimator: Any, dataset: Dataset, frame: pd.DataFrame, raw: pd.DataFrame) -> None:
    """Refuse a column that is text for pandas and a number for the dataset, where the model takes both."""
    few = frame.iloc[:FEW_ROWS]
    for name in doubtful_numbers(dataset, raw):
        if name not in frame.columns or raw[name].dtype == frame[name].dtype:
            continue
        try:
            otherwise = ask(estimator, few.assign(**{name: raw[name].iloc[:FEW_ROWS]}))
        except Exception:  # noqa: BLE001, S112 - the model does not take texts: it was trained on numbers
            continue
        if differ(otherwise, ask(estimator, few)).any():
            raise ModelError(
                f"The column {name!r} is of texts for pandas and of numbers for the dataset, and the model takes "
                "both; give the table that it was trained on: adopt_model(estimator, dataset, table=frame)."
            )


def _log_likelihood(estimator: Any, table: Any, dataset: Dataset, rows: npt.NDArray[np.int64]) -> float:
    """Return how well a model predicts the targets of rows from a table; minus infinity where it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn's, on names that are not there
            predicted = ask(estimator, table)
    except Exception:  # noqa: BLE001 - a model may raise anything about columns of other types
        return -np.inf
    return log_likelihood(predicted, dataset, rows)


def _fit_decoder(dataset: Dataset, name: str, values: "pd.Series[Any]") -> ColumnDecoder:
    """Return how a column is made of encoded rows."""
    made = [at for at, feature in enumerate(dataset.encoding.features) if feature.column == name]
    if not made:
        return _fit_constant(dataset, name, values)
    if dataset.encoding.features[made[0]].part is not None:
        parts = ", ".join(repr(dataset.encoding.features[at].name) for at in made)
        raise ModelError(
            f"The model wants the column {name!r}, a date that the dataset has split into {parts}: a date cannot "
            "be put together from them. Train the model on such parts, or give the column the role 'categorical'."
        )
    if dataset.encoding.features[made[0]].categories is not None:
        return _fit_category(dataset, made[0], values)
    return _fit_number(dataset, name, made[0], values)


def placeholder(values: "pd.Series[Any]") -> ConstantDecoder:
    """Return a stand-in for a column that a model was fitted on and does not use."""
    return ConstantDecoder(_held(values)[:1])


def _fit_constant(dataset: Dataset, name: str, values: "pd.Series[Any]") -> ConstantDecoder:
    if values.nunique(dropna=False) == 1:
        return placeholder(values)
    if name == dataset.target_name:
        raise ModelError(f"The model wants the column {name!r}, which is the target; train it without.")
    reason = next((column.reason for column in dataset.report.columns if column.name == name), "").partition(";")[
        0
    ]
    raise ModelError(
        f"The model wants the column {name!r}, which the dataset leaves out{f' ({reason})' if reason else ''}; "
        "give the column a role."
    )


def _fit_number(dataset: Dataset, name: str, feature: int, values: "pd.Series[Any]") -> NumberDecoder:
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        raise ModelError(
            f"The model wants the column {name!r} as {_described(values)}, and the dataset has it as a number; "
            "give the column the role 'categorical'."
        )
    encoded = dataset.features[:, feature]
    read = values.to_numpy(dtype=np.float64, na_value=np.nan)
    other = (read != encoded) & (np.abs(read - encoded) <= LAST_BITS * np.abs(encoded))
    distinct, first = np.unique(encoded[other], return_index=True)
    border = gap_border(dataset, feature)
    return NumberDecoder(feature, values.dtype, border, distinct, read[other][first])


def _fit_category(dataset: Dataset, at: int, values: "pd.Series[Any]") -> CategoryDecoder:
    """Let each code stand for the value that most of its rows have."""
    feature = dataset.encoding.features[at]
    categories = feature.categories or ()
    codes = dataset.features[:, at]
    known = np.flatnonzero(np.isfinite(codes))
    which, distinct = pd.factorize(values, use_na_sentinel=False)
    _, first = np.unique(which, return_index=True)
    counted = np.bincount(
        codes[known].astype(np.int64) * len(distinct) + which[known], minlength=len(categories) * len(distinct)
    ).reshape(len(categories), len(distinct))
    held = counted.any(axis=1)
    places: npt.NDArray[np.int64] = np.where(held, np.cumsum(held) - 1, -1)
    taken = _held(values).take(first[counted.argmax(axis=1)[held]])
    unseen = int(feature.unseen) if feature.unseen is not None else -1
    if places[unseen] < 0 and values.dtype == object and isinstance(taken[0], str):
        taken = np.append(taken, np.array([categories[unseen]], dtype=object))
        places[unseen] = len(taken) - 1
    return CategoryDecoder(at, taken, places)


def _held(values: "pd.Series[Any]") -> Any:
    """Return a column as numpy holds it, or one of pandas' own arrays."""
    return values.to_numpy() if isinstance(values.dtype, np.dtype) else values.array


def _described(values: "pd.Series[Any]") -> str:
    shown = values.dropna()
    example = f" like {shown.iloc[0]!r}" if len(shown) else ""
    return f"{'categories' if values.dtype.name == 'category' else 'texts'}{example}"


def _fit_columns(
    dataset: Dataset, frame: pd.DataFrame, names: tuple[str, ...], used: Collection[str]
) -> tuple[tuple[str, ColumnDecoder], ...]:
    """Return name and decoder of each column that a model was fitted on."""
    lacking = [name for name in names if name not in frame.columns and name in used]
    if lacking:
        plural = "" if len(lacking) == 1 else "s"
        raise ModelError(
            f"The model wants the column{plural} {_listed(lacking)}, which the table {dataset.name!r} lacks."
        )
    found: list[tuple[str, ColumnDecoder]] = []
    refused: dict[str, ModelError] = {}
    for name in names:
        if name not in used:
            found.append((name, placeholder(frame[name] if name in frame.columns else pd.Series([np.nan]))))
            continue
        try:
            found.append((name, _fit_decoder(dataset, name, frame[name])))
        except ModelError as error:
            refused[name] = error
    if refused:
        (_, first), *others = refused.items()
        more = f" Nor can it have {_listed([name for name, _ in others])}." if others else ""
        raise ModelError(f"{first}{more}") from first
    return tuple(found)


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:MOST_NAMED])) + (", …" if len(names) > MOST_NAMED else "")
