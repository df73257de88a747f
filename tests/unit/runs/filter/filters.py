"""A filter that uses everything, and the features that it speaks of."""

from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.row_filter import RowFilter

EVERYTHING = RowFilter(
    outcome="wrong",
    label=1,
    truth=0,
    test_only=True,
    prediction=Range(0.5, 0.75),
    error=Range(0.1, None),
    fit=Range(0.7, None),
    score=Range(None, 0.4),
    stability=Range(0.9, None),
    values=(
        ValueCondition(0, Range(-1.5, 2e-05)),
        ValueCondition(1, codes=(0, 2)),
        ValueCondition(2, missing=True),
    ),
    weights=(WeightCondition(0, Range(None, -0.1)), WeightCondition(2)),
    top_feature="**age** ~ 1.5 <b>&",
    executor="driver",
    error_text="not a number~",
    order="weight",
    descending=True,
    order_feature=2,
)
FEATURES = (
    Feature("**age**", "age", "number", missing=-99.0),
    Feature("sex", "sex", "text", categories=("f", "m", "missing")),
    Feature("income", "income", "number", missing=-1.0),
)
