"""Take over a model that was trained on a table's own columns, when decoded rows are to it what the table is."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, reason
from sparklime_core.models.agreement import clearly_better, log_likelihood
from sparklime_core.models.column_types import doubtful_numbers, typed_columns, with_categories
from sparklime_core.models.column_use import named_columns, used_columns
from sparklime_core.models.columns_model import ColumnsModel
from sparklime_core.models.compare_decoded import ask, check_decoded, differ
from sparklime_core.models.decoding import Decoding, NumberDecoder
from sparklime_core.models.fit_decoding import fit_columns
from sparklime_core.models.raw_table import gap_border, raw_frame

FEW_ROWS = 1_000
"""So many rows show whether a model can be asked in some types at all."""


def takes_columns(estimator: Any, dataset: Dataset) -> bool:
    """Tell whether a model was trained on a table's own columns, and not on a dataset's features.

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
    columns = fit_columns(dataset, typed, names, used)
    frame = typed.reindex(columns=list(names))
    try:
        predicted = ask(estimator, frame)
    except Exception as error:  # noqa: BLE001 - a model may raise anything about types that it does not take
        frame, predicted = _asked_with_categories(estimator, dataset, frame, error)
        columns = fit_columns(dataset, frame, names, used)
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
