"""`RowFilter`: which explained rows to list, in what order. Its entries are the table of filter fields."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from duckdb import ColumnExpression, FunctionExpression, SQLExpression

from sparklime_core.errors import SettingsError
from sparklime_core.runs.filter.conditions import MOST_CONDITIONS, Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.feature_kinds import ByValue, ByWeight
from sparklime_core.runs.filter.kinds import (
    EXPLAINED_BY,
    Between,
    ByOutcome,
    Explained,
    FilterField,
    Flag,
    OfClass,
    Text,
    always,
)
from sparklime_core.runs.manifest import Manifest

Outcome = Literal["all", "right", "wrong", "failed"]

STABILITY = "stability"
"""The column of an explanation's stability, which is joined to the rows of a question that names it."""


@dataclass(frozen=True)
class Order:
    """What rows can be sorted by: a column of ``rows``, in words, and whether the largest is looked for."""

    column: str
    words: str
    largest_first: bool = False
    offered: Callable[[Manifest], bool] = always


ORDERS = {
    "row": Order("row_id", "row number"),
    "error": Order("distance", "error of the model", largest_first=True),
    "probability": Order("prediction", "prediction"),
    "fit": Order("fit", "fit of the explanation"),
    "score": Order("score", "local R²"),
    "weight": Order("abs(top_weight)", "weight of …", largest_first=True),
    "stability": Order(STABILITY, "stability", offered=lambda manifest: manifest.stability > 0),
}
"""Orders by name."""


def _prediction(run: Explained) -> tuple[str, str] | None:
    if run.output == "margin":
        return (
            ("raw score", "Raw score") if run.classes is None else ("log-odds", "Log-odds of the explained class")
        )
    return ("predicted value", "Predicted value") if run.classes is None else None


def _entry(kind: FilterField) -> Any:
    return field(default=kind.default, metadata={"kind": kind})


@dataclass(frozen=True)
class RowFilter:
    """Which explained rows to list, and in what order.

    An entry is all that a field needs: links, SQL, words and the form follow from its kind, in this order.

    Attributes
    ----------
    outcome
        ``"right"`` or ``"wrong"`` predictions (classification), rows that ``"failed"``, or ``"all"``.
    label, truth
        Only rows of this predicted class; of this true class.
    test_only
        Only rows that the model has not seen.
    prediction
        Range of the predicted class's probability, of the predicted value, or of the margin that is explained.
    error
        Range of the model's error: 1 - probability of the true class where that is known, or
        \\|prediction - target\\|.
    fit
        Range of the explanation's fit: its profile score, or the local R² where there are no profiles.
    score
        Range of the local R².
    stability
        Range of the explanation's stability, for rows where it was measured.
    top_feature
        Only rows whose strongest reason is about this feature (by its name).
    executor
        Only rows that this executor explained.
    error_text
        Only rows that could not be explained, with this in the reason, in any case.
    values, weights
        Conditions on values and on weights of features.
    order, descending
        One of `ORDERS`, and whether the largest comes first.
    order_feature
        The feature (by its position) whose weight is sorted by; None: the strongest reason's \\|weight\\|.

    Raises
    ------
    SettingsError
        When there are more than `MOST_CONDITIONS` conditions on values, or on weights.
    """

    outcome: Outcome = _entry(ByOutcome("The model is"))
    label: int | None = _entry(OfClass("Predicted class", column="predicted", phrase="predicted {}"))
    truth: int | None = _entry(OfClass("True class", column="target", phrase="truly {}"))
    test_only: bool = _entry(
        Flag("Only test rows (not seen in training)", column="test", term=("rows", "test"), phrase="test rows")
    )
    prediction: Range = _entry(
        Between(
            "Probability of the predicted class",
            column="prediction",
            noun="probability",
            of_any_size=_prediction,
        )
    )
    error: Range = _entry(
        Between(
            "Error: 1 - probability of the true class",
            column="distance",
            noun="error",
            of_any_size=lambda run: ("error", "Absolute error of the model") if run.classes is None else None,
        )
    )
    fit: Range = _entry(Between("Fit of the explanation", column="fit", noun="fit"))
    score: Range = _entry(Between("lime's own local R²", column="score", noun="local R²"))
    stability: Range = _entry(
        Between(
            "Stability: how often the same features are chosen",
            offered=lambda manifest: manifest.stability > 0,
            column=STABILITY,
            noun="stability",
        )
    )
    top_feature: str | None = _entry(
        Text(
            "Strongest reason is about",
            phrase="strongest reason: {}",
            clause=lambda text: ColumnExpression("top_feature") == text,
            options=lambda manifest: manifest.data.features,
        )
    )
    executor: str | None = _entry(
        Text(
            "Explained by executor",
            offered=lambda manifest: len(manifest.executors) > 1,
            phrase="executor {}",
            clause=lambda text: SQLExpression(
                f"row_id IN (SELECT row_id FROM {EXPLAINED_BY} WHERE executor = {text})"  # noqa: S608 - quoted by DuckDB
            ),
            options=lambda manifest: [executor.id for executor in manifest.executors],
        )
    )
    error_text: str | None = _entry(
        Text(
            "Error contains",
            offered=lambda manifest: manifest.rows_failed > 0,
            phrase="not explained: {}",
            clause=lambda text: FunctionExpression(
                "contains",
                FunctionExpression("lower", ColumnExpression("error")),
                FunctionExpression("lower", text),
            ),
        )
    )
    values: tuple[ValueCondition, ...] = _entry(ByValue("Values of"))
    weights: tuple[WeightCondition, ...] = _entry(
        ByWeight(
            "Weights of", help="Only rows whose explanation names the feature; set the range of its weight below."
        )
    )
    order: str = "row"
    descending: bool = False
    order_feature: int | None = None

    def __post_init__(self) -> None:
        for name, conditions in (("values", self.values), ("weights", self.weights)):
            if len(conditions) > MOST_CONDITIONS:
                raise SettingsError(
                    f"A filter can have {MOST_CONDITIONS} conditions on {name}, not {len(conditions):,}; "
                    "remove some of them."
                )


FIELDS: dict[str, FilterField] = {
    entry.name: entry.metadata["kind"] for entry in fields(RowFilter) if "kind" in entry.metadata
}
"""The fields of a filter by name, the order aside."""


def limited(row_filter: RowFilter) -> dict[str, Any]:
    """Return the values of the fields that a filter limits, by name."""
    values = {name: getattr(row_filter, name) for name in FIELDS}
    return {name: value for name, value in values.items() if value != FIELDS[name].default}
